/// Mistakes in `routes/` and `tables/`.
extension Mistake {
    static let inRoutes: [Mistake] = [
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            to: [clinic.fhir]
            """,
            is: [
                "providers/hospital.yaml:3: this sender's messages become FHIR at clinic.fhir (route "
                    + "all); write the time zone of its times, timezone: America/Chicago, or timezone: "
                    + "none if nobody knows"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: everything
            to: [clinic.inbox]
            """,
            is: [
                "routes/all.yaml:1: the route is everything and its file is all.yaml; rename the "
                    + "file everything.yaml"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            """,
            is: [
                "routes/all.yaml:1: the key \"to\" is missing; write to: [provider.endpoint]"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            to: [clinic.inbox]
            lossBudget: few
            """,
            is: [
                "routes/all.yaml:3: lossBudget cannot be \"few\"; write a number of values, or a share as in 2%"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            to: [clinic.inbox]
            lossBudget: 120%
            """,
            is: [
                "routes/all.yaml:3: lossBudget cannot be \"120%\"; write a number of values, or a share as in 2%"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            to: [clinic.inbox]
            lossBudget: 5
            """,
            is: [
                "routes/all.yaml:3: nothing that this route goes to is FHIR, so that nothing is lost; delete the key"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            form: [hospital]
            to: [clinic.inbox]
            """,
            is: [
                "routes/all.yaml:2: unknown key \"form\"; write from"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            to:
              - clinic.inbox
              - clinic.inbocks
            """,
            is: [
                "routes/all.yaml:4: clinic has no endpoint inbocks; write clinic.inbox"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            to:
              - klinic.inbox
            """,
            is: [
                "routes/all.yaml:3: there is no provider klinic; write clinic"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            to: clinic
            """,
            is: [
                "routes/all.yaml:2: \"clinic\" is not an endpoint; write provider.endpoint"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            to: [clinic.inbox, clinic.inbox]
            """,
            is: [
                "routes/all.yaml:2: clinic.inbox is there twice; delete one"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            from:
              - hospitl
            to: [clinic.inbox]
            """,
            is: [
                "routes/all.yaml:3: there is no provider hospitl; write hospital"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            when: MSH-9.1 == "ADT"
            to: [clinic.inbox]
            """,
            is: [
                "routes/all.yaml:2: when: character 10: expected a path as PID-3.1, a quoted text or "
                    + "a number, found \"=\""
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            when: PID-3.5 = "MR"
            to: [clinic.inbox]
            """,
            is: [
                "routes/all.yaml:2: PID-3 can repeat, and PID-3.5 is the first; write PID-3[1].5 for "
                    + "the first or PID-3[*].5 for any"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            when: OBX-11 = "F"
            to: [clinic.inbox]
            """,
            is: [
                "routes/all.yaml:2: OBX can repeat, and OBX-11 is the first; write OBX[1]-11 for the "
                    + "first or OBX[*]-11 for any"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            when: PIC-3[1] valued
            to: [clinic.inbox]
            """,
            is: [
                "routes/all.yaml:2: no version of HL7 has a segment PIC; look at PIC-3[1] again"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            when: MSH-9.1 > "ADT"
            to: [clinic.inbox]
            """,
            is: [
                "routes/all.yaml:2: when: character 11: > compares numbers and times, and this text "
                    + "is neither"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            to: [clinic.inbox]
            reply: clinic.fhir
            """,
            is: [
                "routes/all.yaml:3: clinic.fhir answers in FHIR; write an mllp endpoint"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            route: all
            to: [clinic.inbox]
            tests:
              - { message: a.hl7 }
            """,
            is: [
                "routes/all.yaml:4: the key \"routed\" is missing; write routed: true"
            ]),
        Mistake(
            in: "routes/all.yaml",
            """
            - route: all
            """,
            is: [
                "routes/all.yaml:1: a route is written as keys with values, key: value"
            ]),
        Mistake(
            in: "tables/class.yaml",
            """
            table: class
            codes: { I: INPT }
            otherwise: drop
            """,
            is: [
                "tables/class.yaml:3: otherwise cannot be \"drop\"; write keep, hold or { set: drop }"
            ]),
        Mistake(
            in: "tables/class.yaml",
            """
            table: class
            """,
            is: [
                "tables/class.yaml:1: the key \"codes\" is missing; write codes: { THEIRS: OURS }"
            ]),
        Mistake(
            in: "tables/class.yaml",
            """
            table: class
            codes: { I: [INPT] }
            """,
            is: [
                "tables/class.yaml:2: I is one text, not a list or mapping"
            ]),
    ]
}
