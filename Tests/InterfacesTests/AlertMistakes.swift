/// Mistakes in `alerts:` of `broker.yaml`.
extension Mistake {
    static let inAlerts: [Mistake] = [
        alerts(
            "queueDepht: 5",
            is: "broker.yaml:5: unknown key \"queueDepht\"; write queueDepth"),
        alerts(
            "queueDepth: many",
            is: "broker.yaml:5: queueDepth cannot be \"many\"; write a number from 1 to 1000000000"),
        alerts(
            "oldestAge: 15",
            is: "broker.yaml:5: oldestAge cannot be \"15\"; write a number with ms, s, m, h or d, as 30s"),
        alerts(
            "unrouted: 5",
            is: "broker.yaml:5: unrouted has no threshold; write off or delete the key"),
        alerts(
            "certificates: [soon]",
            is: "broker.yaml:5: certificates are days before they expire; write [30, 14, 7, 1]"),
        alerts(
            "command: page",
            is: "broker.yaml:5: \"page\" is not the path of a program; write it from the root, as /usr/…"),
        alerts(
            "webhook: { url: \"ftp://x\" }",
            is: "broker.yaml:5: \"ftp://x\" is not an address to post to; write https://HOST/PATH"),
        alerts(
            "webhook: { url: \"http://chat.example/x\", bearer: t }",
            is: "broker.yaml:5: a token does not go over http://; write https:// in url"),
        alerts(
            "mail: { server: \"mail.example\", from: a@b.example, to: c@d.example }",
            is:
                "broker.yaml:5: \"mail.example\" is not a mail server; write smtps://HOST:465, or smtp://HOST:25 for STARTTLS"
        ),
        alerts(
            "mail: { server: \"smtp://mail.example:25\", from: a@b.example }",
            is: "broker.yaml:5: the key \"to\" is missing; write to: [on-call@hospital.example]"),
        alerts(
            "mail: { server: \"smtp://mail.example:25\", from: a@b.example, to: \"x> y@z\" }",
            is: "broker.yaml:5: \"x> y@z\" is not a mail address; write NAME@HOST"),
    ]

    private static func alerts(_ line: String, is finding: String) -> Mistake {
        Mistake(
            in: "broker.yaml",
            """
            broker: riverside
            listeners:
              bench: { bind: "127.0.0.1:1", tls: off }
            alerts:
              \(line)
            """, is: [finding])
    }
}
