/// Mistakes in `sends:`.
extension Mistake {
    static let inSenders: [Mistake] = [
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            send:
              - as: { application: HIS }
            receives:
              inbox: { folder: out }
            """,
            is: [
                "providers/hospital.yaml:2: unknown key \"send\"; write sends"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            """,
            is: [
                "providers/hospital.yaml:1: a provider sends or receives; write sends: or receives:"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: clinic
            sends:
              - as: { application: HIS }
            """,
            is: [
                "providers/hospital.yaml:1: the provider clinic is already in providers/clinic.yaml; "
                    + "choose another name",
                "providers/hospital.yaml:1: the provider is clinic and its file is hospital.yaml; "
                    + "rename the file clinic.yaml",
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - timezone: UTC
            """,
            is: [
                "providers/hospital.yaml:3: nothing tells this sender from others; write as: { "
                    + "application: NAME, facility: NAME }, certificate: or listener:"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { aplication: HIS }
                listener: bench
            """,
            is: [
                "providers/hospital.yaml:3: unknown key \"aplication\"; write application"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                listener: hospital
            """,
            is: [
                "providers/hospital.yaml:4: there is no listener hospital in broker.yaml; write hospitals"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - certificate: hospital.example
                listener: bench
            """,
            is: [
                "providers/hospital.yaml:3: the listener bench does not ask for client certificates; "
                    + "write clients: FILE in its tls: in broker.yaml"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                messages: [ADT_A01]
            """,
            is: [
                "providers/hospital.yaml:4: \"ADT_A01\" is not a message type; write ADT or ADT^A01"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                strictness: standart
            """,
            is: [
                "providers/hospital.yaml:4: strictness cannot be \"standart\"; write standard"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                onError: [hold]
            """,
            is: [
                "providers/hospital.yaml:4: onError is one text, not a list or mapping"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                profile: hospital
            """,
            is: [
                "providers/hospital.yaml:4: there is no profiles/hospital.yaml; write that file or "
                    + "delete the key"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                charset: latin-one
            """,
            is: [
                "providers/hospital.yaml:4: \"latin-one\" is not a character set of HL7 table 0211 "
                    + "that can be used; write UNICODE UTF-8, 8859/1, windows-1252 or another"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                timezone: America/Chicargo
            """,
            is: [
                "providers/hospital.yaml:4: there is no time zone America/Chicargo; write America/Chicago"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                identifiers: [MR, PI, MR]
            """,
            is: [
                "providers/hospital.yaml:4: identifiers are types of table 0203, each once; write identifiers: [MR, PI]"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                timezone: CST
            """,
            is: [
                "providers/hospital.yaml:4: there is no time zone CST; write a name as "
                    + "America/Chicago, UTC or none"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                assume: { version: 2.35 }
            """,
            is: [
                "providers/hospital.yaml:4: \"2.35\" is not a version that can be read; write one of "
                    + "2.1, 2.2, 2.3, 2.3.1, 2.4, 2.5, 2.5.1, 2.6, 2.7, 2.7.1, 2.8, 2.8.1, 2.8.2, in quotes"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                assume: { processingId: PROD }
            """,
            is: [
                "providers/hospital.yaml:4: processingId cannot be \"PROD\"; write P, T, D or N"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                duplicateId: ignore
            """,
            is: [
                "providers/hospital.yaml:4: duplicateId cannot be \"ignore\"; write one of accept, "
                    + "hold, refuse"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                ack: { mode: auto, to: clinic.outbox }
            """,
            is: [
                "providers/hospital.yaml:4: clinic has no endpoint outbox; write clinic.inbox"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
                ack: { to: clinic.fhir }
            """,
            is: [
                "providers/hospital.yaml:4: clinic.fhir takes FHIR, and acknowledgements are HL7 v2; "
                    + "write another"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
              - as: { application: HIS }
                messages: [ADT]
            """,
            is: [
                "providers/hospital.yaml:4: the same messages fit the sender at "
                    + "providers/hospital.yaml:3; tell them apart by as:, certificate: or listener:, or "
                    + "make them one"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS }
              - as: { facility: GH }
            """,
            is: [
                "providers/hospital.yaml:4: the same messages fit the sender at "
                    + "providers/hospital.yaml:3; tell them apart by as:, certificate: or listener:, or "
                    + "make them one"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: {}
            """,
            is: [
                "providers/hospital.yaml:3: nothing tells this sender from others; write as: { "
                    + "application: NAME, facility: NAME }, certificate: or listener:"
            ]),
        Mistake(
            in: "providers/hospital.yaml",
            """
            provider: hospital
            sends:
              - as: { application: HIS, facility: GH }
                rules:
                  field.lenght: off
                  table.user: loud
                  header.unreadable: off
                  nothing: error
            """,
            is: [
                "providers/hospital.yaml:5: there is no rule field.lenght; write field.length",
                "providers/hospital.yaml:6: table.user cannot be \"loud\"; write one of error, warning, information, off",
                "providers/hospital.yaml:7: header.unreadable is always an error, since no message can be handled "
                    + "without it; delete it",
                "providers/hospital.yaml:8: there is no rule nothing; write one of README.md, as field.length",
            ]),
    ]
}
