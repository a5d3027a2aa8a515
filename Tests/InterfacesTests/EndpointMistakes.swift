/// Mistakes in `receives:`.
extension Mistake {
    static let inEndpoints: [Mistake] = [
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                connections: 4
            """,
            is: [
                "providers/clinic.yaml:4: an endpoint is mllp: ADDRESS, fhir: URL or folder: PATH; "
                    + "write one of them"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                folder: out
            """,
            is: [
                "providers/clinic.yaml:4: mllp and folder in one endpoint; write two endpoints"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: 127.0.0.1:2600
            """,
            is: [
                "providers/clinic.yaml:4: \"127.0.0.1:2600\" is not an address; write "
                    + "mllps://HOST:PORT, or mllp://HOST:PORT without TLS"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllp://clinic.example:2600
            """,
            is: [
                "providers/clinic.yaml:4: patient data leaves for clinic.example unencrypted; write "
                    + "mllps://, or say plaintext: anywhere"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllp://127.0.0.1:2600
                tls: { ca: ca.pem }
            """,
            is: [
                "providers/clinic.yaml:5: mllp:// has no TLS; write mllps://127.0.0.1:2600"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                bundle: batch
            """,
            is: [
                "providers/clinic.yaml:5: unknown key \"bundle\"; an mllp endpoint has mllp, tls, "
                    + "connections, ackTimeout, connectTimeout, plaintext, actions, ackMode, charset, "
                    + "order, retry, breaker, rate, maxAge, pause, edit, keepSent"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                tls: { key: a.key }
            """,
            is: [
                "providers/clinic.yaml:5: key without certificate; write certificate: FILE too"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                conections: 4
            """,
            is: [
                "providers/clinic.yaml:5: unknown key \"conections\"; write connections"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                connections: 0
            """,
            is: [
                "providers/clinic.yaml:5: connections cannot be \"0\"; write a number from 1 to 1000"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                ackTimeout: 30
            """,
            is: [
                "providers/clinic.yaml:5: ackTimeout cannot be \"30\"; write a number with ms, s, m, "
                    + "h or d, as 30s"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                actions: { AE: stop }
            """,
            is: [
                "providers/clinic.yaml:5: AE cannot lead to \"stop\"; write done, retry, hold or { "
                    + "retry: 5, then: hold }"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                actions: { NAK: hold }
            """,
            is: [
                "providers/clinic.yaml:5: NAK is not an answer; write AA, AE, AR, CA, CE, CR, none, garbage or "
                    + "other"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                actions: { CE: { then: hold } }
            """,
            is: [
                "providers/clinic.yaml:5: the key \"retry\" is missing; write retry: 5"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                retry: { first: 10m, max: 1m }
            """,
            is: [
                "providers/clinic.yaml:5: max is shorter than first; write a longer time"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox:
                mllp: mllps://127.0.0.1:2600
                keepSent: yes
            """,
            is: [
                "providers/clinic.yaml:5: keepSent cannot be \"yes\"; write true or false"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox: { fhir: ftp://127.0.0.1/fhir }
            """,
            is: [
                "providers/clinic.yaml:3: \"ftp://127.0.0.1/fhir\" is not the base address of a FHIR "
                    + "server; write https://HOST/PATH"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox: { fhir: "https://me:secret@clinic.example/fhir" }
            """,
            is: [
                "providers/clinic.yaml:3: no passwords in addresses; write auth: { basic: FILE }"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox: { mllp: "mllps://127.0.0.1:2600" }
              fhir:
                fhir: https://clinic.example/fhir
                check: maybe
              files:
                folder: ../archive
                check: true
            """,
            is: [
                "providers/clinic.yaml:6: check cannot be \"maybe\"; write true or false",
                "providers/clinic.yaml:9: check is for format: fhir; write that or delete the key",
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox: { mllp: "mllps://127.0.0.1:2600" }
              fhir:
                fhir: https://clinic.example/fhir
                bundle: batch
                updates: patch
            """,
            is: [
                "providers/clinic.yaml:7: updates: patch needs bundle: transaction; write that or updates: put"
            ]),
        Mistake(
            in: "providers/clinic.yaml",
            """
            provider: clinic
            receives:
              inbox: { mllp: "mllps://127.0.0.1:2600" }
              fhir:
                fhir: https://clinic.example/fhir
                bundle: batch
                ids: theirs
            """,
            is: [
                "providers/clinic.yaml:6: entries of a batch cannot refer to each other without ids of ours; write "
                    + "bundle: transaction"
            ]),
    ]
}
