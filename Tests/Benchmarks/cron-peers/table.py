"""From the lines of all programs to one table: ns a fire, and how often Flower is faster.

A peer whose sum of fires is not Flower's is marked `!` and is no standard of comparison.
"""

import statistics
import sys

PEERS = ["gorhill", "robfig", "croniter-rs", "cronsim", "croniter"]


def main():
    rows, allocations = {}, 0.0
    for line in sys.stdin:
        name, zone, text, ns, total, *rest = line.rstrip("\n").split("\t")
        rows.setdefault((zone, text), {})[name] = (float(ns), total)
        if rest:
            allocations = max(allocations, float(rest[0]))
    for zone in dict.fromkeys(zone for zone, _ in rows):
        print(f"\n{zone}: ns a fire" + " " * 14 + "flower" + "".join(f"{p:>13}" for p in PEERS)
              + "   fastest correct / flower")
        ratios, ours = [], []
        for (place, text), found in rows.items():
            if place != zone:
                continue
            ns, total = found["flower"]
            cells, correct = "", []
            for peer in PEERS:
                value, other = found.get(peer, (float("nan"), None))
                right = other == total
                if right:
                    correct.append(value)
                cells += f"{value:>12.0f}" + (" " if right or other is None else "!")
            ratio = min(correct) / ns if correct else float("nan")
            ratios.append(ratio)
            ours.append(ns)
            print(f"  {text:<26}{ns:>10.0f}{cells}{ratio:>15.1f}x")
        print(f"  median{'':<20}{statistics.median(ours):>10.0f}{'':65}"
              f"{statistics.median(ratios):>15.1f}x")
    print(f"\nallocations a fire (flower, the worst of all): {allocations:.3f}")


main()
