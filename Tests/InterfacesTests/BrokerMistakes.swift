/// Mistakes in `broker.yaml`.
extension Mistake {
    static let inBroker: [Mistake] = [
        Mistake(
            in: "broker.yaml",
            "",
            is: [
                "broker.yaml: not there; write one with broker: NAME and listeners:"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            listeners: [a
            """,
            is: [
                "broker.yaml:3: not YAML: did not find expected ',' or ']'; look at the indentation, "
                    + "quotes and brackets here and on the line before"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            \tlisteners: {}
            """,
            is: [
                "broker.yaml:2: not YAML: found a tab character that violates indentation; indent "
                    + "with spaces here and on the line before"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: a
            broker: b
            listeners:
              bench: { bind: "127.0.0.1:1", tls: off }
            """,
            is: [
                "broker.yaml:1: the key \"broker\" is there twice; keep one"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            listeners:
              bench: { bind: "127.0.0.1:1", tls: off }
            """,
            is: [
                "broker.yaml:1: the key \"broker\" is missing; write broker: riverside"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: river side
            listeners:
              bench: { bind: "127.0.0.1:1", tls: off }
            """,
            is: [
                "broker.yaml:1: \"river side\" is not a name; write letters, digits and hyphens, as riverside"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            """,
            is: [
                "broker.yaml:1: the key \"listeners\" is missing; write listeners: with at least one"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            listener:
              bench: { bind: "127.0.0.1:1", tls: off }
            listeners:
              bench: { bind: "127.0.0.1:1", tls: off }
            """,
            is: [
                "broker.yaml:2: unknown key \"listener\"; write listeners"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            processing: [P, X]
            listeners:
              bench: { bind: "127.0.0.1:1", tls: off }
            """,
            is: [
                "broker.yaml:2: processing cannot be \"X\"; write values of HL7 table 0103: P, T, D or N"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            duplicateWindow: 1 day
            listeners:
              bench: { bind: "127.0.0.1:1", tls: off }
            """,
            is: [
                "broker.yaml:2: duplicateWindow cannot be \"1 day\"; write a number with ms, s, m, h "
                    + "or d, as 30s"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            limits: { frame: 16MB }
            listeners:
              bench: { bind: "127.0.0.1:1", tls: off }
            """,
            is: [
                "broker.yaml:2: frame cannot be \"16MB\"; write a size from 1KiB to 1GiB, as 16MiB"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            limits: { connections: many }
            listeners:
              bench: { bind: "127.0.0.1:1", tls: off }
            """,
            is: [
                "broker.yaml:2: connections cannot be \"many\"; write a number from 1 to 1000000"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            listeners:
              bench:
                bind: 127.0.0.1
                tls: off
            """,
            is: [
                "broker.yaml:4: bind cannot be \"127.0.0.1\"; write ADDRESS:PORT, as 127.0.0.1:2575 "
                    + "or [::1]:2575"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            listeners:
              bench:
                bind: "::1:2575"
                tls: off
            """,
            is: [
                "broker.yaml:4: bind cannot be \"::1:2575\"; write ADDRESS:PORT, as 127.0.0.1:2575 "
                    + "or [::1]:2575"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            listeners:
              bench:
                bind: 0.0.0.0:2576
                tls: off
            """,
            is: [
                "broker.yaml:4: 0.0.0.0:2576 without TLS can be read by others; write tls: or bind "
                    + "to 127.0.0.1, or say plaintext: anywhere"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            listeners:
              bench:
                bind: 127.0.0.1:2576
            """,
            is: [
                "broker.yaml:4: the key \"tls\" is missing; write tls: { certificate: FILE, key: "
                    + "FILE } or tls: off"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            listeners:
              bench:
                bind: 127.0.0.1:2576
                tls: { certificate: a.pem }
            """,
            is: [
                "broker.yaml:5: certificate without key; write key: FILE too"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            listeners:
              bench:
                bind: 127.0.0.1:2576
                tls: off
                accept: everyone
            """,
            is: [
                "broker.yaml:6: accept cannot be \"everyone\"; write one of known, anyone"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            listeners:
              a: { bind: "127.0.0.1:2576", tls: off }
              b: { bind: "127.0.0.1:2576", tls: off }
            """,
            is: [
                "broker.yaml:4: 127.0.0.1:2576 is already bound by the listener a; choose another port"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            listeners:
              bench: { bind: "127.0.0.1:1", tls: off }
            admin:
              bind: localhost
            """,
            is: [
                "broker.yaml:5: bind cannot be \"localhost\"; write ADDRESS:PORT, as 127.0.0.1:2575 "
                    + "or [::1]:2575"
            ]),
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            plaintext: yes
            listeners:
              bench: { bind: "127.0.0.1:1", tls: off }
            """,
            is: [
                "broker.yaml:2: plaintext cannot be \"yes\"; write anywhere or delete the key"
            ]),
    ]
}
