import FlowerKit

Flower.main()
