/// A flow file with a fault in every other line, and all that is said of it.
enum TenFaults {
    static let file = """
        flow: Ten Faults
        descripton: misspelt
        overlap: sometimes
        priority: 40
        schedules:
          - cron: "61 * * * *"
          - cron: "5 4 * * *"
            timezone: Europe/Pariss
        tasks:
          a:
            run: "true"
            needs: [nobody]
          b:
            needs: [c]
            run: "true"
          c:
            needs: [b]
            run: "true"
          d:
            timeout: 10
            run: "true"
          e: {component: ehco, with: {}}

        """

    static let errors = """
        ten.yaml:1:7: the flow's name: 'Ten Faults' is not a name: a-z, 0-9, '.', '_', '-', beginning with a letter or digit
            flow: Ten Faults
                  ^~~~~~~~~~
            hint: flow: ten
        ten.yaml:2:1: a flow has no key 'descripton'
            descripton: misspelt
            ^~~~~~~~~~
            hint: did you mean 'description'?
        ten.yaml:3:10: 'sometimes' is no overlap policy
            overlap: sometimes
                     ^~~~~~~~~
            hint: write skip, queue, allow, replace
        ten.yaml:4:11: 'priority' must be a whole number of -20 to 19, not '40'
            priority: 40
                      ^~
        ten.yaml:6:12: cron: minute: 61 is out of range 0-59
            - cron: "61 * * * *"
                     ^~
        ten.yaml:8:15: there is no time zone 'Europe/Pariss' on this host
            timezone: Europe/Pariss
                      ^~~~~~~~~~~~~
            hint: did you mean 'Europe/Paris'?
        ten.yaml:12:13: 'needs' names 'nobody', which is no task of this flow
            needs: [nobody]
                    ^~~~~~
        ten.yaml:13:3: tasks wait for each other: b → c → b
            b:
            ^
            hint: take one of these out of a 'needs'
        ten.yaml:20:14: 'timeout': '10' has no unit
            timeout: 10
                     ^~
            hint: write 10s, 10m or 10h
        ten.yaml:22:18: there is no component 'ehco'
            e: {component: ehco, with: {}}
                           ^~~~
            hint: did you mean 'echo'?
        flower: 10 faults in 1 file

        """
}
