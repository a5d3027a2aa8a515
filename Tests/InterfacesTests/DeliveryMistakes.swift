/// Mistakes in how endpoints are reached and tried again.
extension Mistake {
    static let inDelivery: [Mistake] = [
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                fhir: https://clinic.example/fhir
                auth: { bearer: token, basic: password }
            """,
            is: [
                "providers/clinic.yaml:5: auth is one of bearer: FILE, basic: FILE or oauth2: { "
                    + "token, client, key, scope }",
                "providers/hospital.yaml:3: this sender's messages become FHIR at clinic.inbox "
                    + "(route all); write the time zone of its times, timezone: America/Chicago, or "
                    + "timezone: none if nobody knows",
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                fhir: https://clinic.example/fhir
                auth: { oauth2: { token: "https://clinic.example/token", client: us, key: our.key } }
            """,
            is: [
                "providers/clinic.yaml:5: the key \"scope\" is missing; write scope: system/*.cruds",
                "providers/hospital.yaml:3: this sender's messages become FHIR at clinic.inbox "
                    + "(route all); write the time zone of its times, timezone: America/Chicago, or "
                    + "timezone: none if nobody knows",
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox: { mllp: "mllps://127.0.0.1:2600" }
              files: { folder: out, format: xml }
            """,
            is: [
                "providers/clinic.yaml:4: format cannot be \"xml\"; write one of hl7, fhir"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
                  - { set: { MSH-5: A }, remove: [ZPI] }
            """,
            is: [
                "providers/clinic.yaml:6: set and remove in one edit; write two, in the order they are to run"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
                  - { when: PID-8 valued }
            """,
            is: [
                "providers/clinic.yaml:6: an edit needs one of set, copy, translate, remove; write one"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
                  - { set: { MSH5: A } }
            """,
            is: [
                "providers/clinic.yaml:6: \"MSH5\" is not a path: expected a segment name of three "
                    + "capitals at character 1, as in PID-3[2].4.2"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
                  - { set: { ZPI: A } }
            """,
            is: [
                "providers/clinic.yaml:6: ZPI is a whole segment; write a field, as ZPI-1"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
                  - { set: { MSH-2: A } }
            """,
            is: [
                "providers/clinic.yaml:6: MSH-2 names the delimiters, which stay as received; delete "
                    + "this edit"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
                  - { set: { MSH-16: AL } }
            """,
            is: [
                "providers/clinic.yaml:6: MSH-16 is what ackMode decides; write ackMode: asSent, or "
                    + "choose another ackMode and delete this edit"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
                  - { set: { MSH-18: UTF-8 } }
            """,
            is: [
                "providers/clinic.yaml:6: MSH-18 can repeat, and MSH-18 is the first; write "
                    + "MSH-18[1] for the first or MSH-18[*] for any",
                "providers/clinic.yaml:6: MSH-18 is what charset decides; write charset: NAME and "
                    + "delete this edit",
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
                  - { copy: { from: "PID-3[*]", to: "PID-3[1]" } }
            """,
            is: [
                "providers/clinic.yaml:6: copy takes one value; write a number instead of * in PID-3[*]"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
                  - { copy: { from: PID-3, to: PID-19 } }
            """,
            is: [
                "providers/clinic.yaml:6: PID-3 can repeat, and PID-3 is the first; write PID-3[1] "
                    + "for the first or PID-3[*] for any"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
                  - { translate: { path: PV1-2, table: clas } }
            """,
            is: [
                "providers/clinic.yaml:6: there is no tables/clas.yaml; write class"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
                  - { remove: [MSH] }
            """,
            is: [
                "providers/clinic.yaml:6: a message is nothing without MSH; write the fields to "
                    + "empty, as MSH-8"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                edit:
                  - { remove: [ZPI], when: PID-8 }
            """,
            is: [
                "providers/clinic.yaml:6: when: character 6: expected =, !=, <, <=, >, >=, in, "
                    + "matches, valued or not valued, found the end"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                actions: { other: done }
            """,
            is: [
                "providers/clinic.yaml:5: an answer to another message counts as delivered, whether the message arrived or not; write retry or hold if the receiver can do better"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                actions: { none: wait }
            """,
            is: [
                "providers/clinic.yaml:5: none cannot lead to \"wait\"; write done, retry, hold or { retry: 5, then: hold }"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: [mllps://127.0.0.1:2600, mllp://127.0.0.1:2601]
            """,
            is: [
                "providers/clinic.yaml:4: mllp:// and mllps:// in one endpoint; write the same for every address"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp:
                  - mllps://127.0.0.1:2600
                  - mllps://127.0.0.1:2600
            """,
            is: [
                "providers/clinic.yaml:6: 127.0.0.1:2600 is there twice; write another address or delete it"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: [mllps://127.0.0.1:2600, clinic]
            """,
            is: [
                "providers/clinic.yaml:4: \"clinic\" is not an address; write mllps://HOST:PORT, or mllp://HOST:PORT without TLS"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                rate: fast
            """,
            is: [
                "providers/clinic.yaml:5: rate cannot be \"fast\"; write messages a second, from 0.001 to 100000"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                rate: 0
            """,
            is: [
                "providers/clinic.yaml:5: rate cannot be \"0\"; write messages a second, from 0.001 to 100000"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                breaker: 0
            """,
            is: [
                "providers/clinic.yaml:5: breaker cannot be \"0\"; write a number from 1 to 1000"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                maxAge: long
            """,
            is: [
                "providers/clinic.yaml:5: maxAge cannot be \"long\"; write a number with ms, s, m, h or d, as 30s"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                pause: { daily: "02:00-03:00" }
            """,
            is: [
                "providers/clinic.yaml:5: the key \"zone\" is missing; write zone: America/Chicago"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                pause: { zone: UTC }
            """,
            is: [
                "providers/clinic.yaml:5: the key \"daily\" is missing; write daily: \"02:00-03:00\""
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                pause: { daily: "2-3", zone: UTC }
            """,
            is: [
                "providers/clinic.yaml:5: daily cannot be \"2-3\"; write two times of day, as \"22:30-03:00\""
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                pause: { daily: "02:00-03:00", zone: America/Chigago }
            """,
            is: [
                "providers/clinic.yaml:5: there is no time zone America/Chigago; write America/Chicago"
            ]),
    ]
}
