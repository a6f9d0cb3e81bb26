// Times robfig/cron and gorhill/cronexpr as CronBenchmark times Flower: the same lines on standard
// output, without allocations. gorhill runs in UTC only: it hangs at a spring gap.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"time"

	"github.com/gorhill/cronexpr"
	"github.com/robfig/cron"
)

func round(next func(time.Time) time.Time, zone *time.Location) int64 {
	var sum int64
	for index := 0; index < 200; index++ {
		at := time.Unix(1767225600+int64(index)*157000, 0).In(zone)
		for fire := 0; fire < 10; fire++ {
			at = next(at)
			if at.IsZero() {
				return -1
			}
			sum += at.Unix()
		}
	}
	return sum
}

func measure(name, zoneName, line string, next func(time.Time) time.Time, zone *time.Location) {
	sum := round(next, zone)
	var times []float64
	for repeat := 0; repeat < 7; repeat++ {
		start := time.Now()
		round(next, zone)
		times = append(times, float64(time.Since(start).Nanoseconds())/2000)
	}
	sort.Float64s(times)
	fmt.Printf("%s\t%s\t%s\t%.1f\t%d\n", name, zoneName, line, times[3], sum)
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	var lines []string
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	for _, zoneName := range []string{"UTC", "America/New_York"} {
		zone, err := time.LoadLocation(zoneName)
		if err != nil {
			panic(err)
		}
		for _, line := range lines {
			schedule, err := cron.ParseStandard(line)
			if err != nil {
				panic(err)
			}
			measure("robfig", zoneName, line, schedule.Next, zone)
			if zoneName == "UTC" {
				measure("gorhill", zoneName, line, cronexpr.MustParse(line).Next, zone)
			}
		}
	}
}
