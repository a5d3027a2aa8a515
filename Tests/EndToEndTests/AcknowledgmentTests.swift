import Foundation
import HL7
import MLLP
import Testing

/// What senders are answered by the program as it is shipped, in both modes.
@Suite(.timeLimit(.minutes(2)))
struct AcknowledgmentTests {
    private typealias Exchange = AcknowledgmentExchange

    /// Runs a body with a broker and one connection to it.
    private func withBroker(_ body: (AcknowledgmentExchange, Conversation) async throws -> Void) async throws {
        let exchange = try await Exchange.make()
        let hospital = try await Conversation(with: exchange)
        try await body(exchange, hospital)
        hospital.close()
        await exchange.close()
    }

    @Test func `in original mode each message has one answer that says what became of it`() async throws {
        try await withBroker { exchange, hospital in
            let accepted = try await hospital.ask(Exchange.admission("M1"))
            #expect(accepted["MSA-1"] == "AA" && accepted["MSA-2"] == "M1" && accepted["ERR-3.1"] == nil)
            #expect(accepted["MSH-3"] == "HUB" && accepted["MSH-5"] == "ADT" && accepted["MSH-9.1"] == "ACK")
            // Content errors go through unless the sender's rule refuses them.
            #expect(try await hospital.ask(Exchange.admission("M2", name: ""))["MSA-1"] == "AA")
            let error = try await hospital.ask(Exchange.admission("M3", from: "STRICT", name: ""))
            #expect(error["MSA-1"] == "AE" && error["MSA-2"] == "M3")
            #expect(error["ERR-2"] == "PID^1^5" && error["ERR-3.1"] == "101" && error["ERR-4"] == "E")
            let processing = try await hospital.ask(Exchange.admission("M4", ack: "NE|AL", processing: "T"))
            #expect(processing["MSA-1"] == "AR" && processing["ERR-3.1"] == "202")
            let stranger = try await hospital.ask(Exchange.admission("M5", from: "NOBODY"))
            #expect(stranger["MSA-1"] == "AR" && stranger["ERR-3.1"] == "207" && stranger["ERR-2"] == "MSH^1^3")
            let ledger = try await exchange.ledger()
            #expect(ledger["accepted"] as? Int == 2 && ledger["refused"] as? Int == 3)
        }
    }

    @Test func `in enhanced mode the application answer follows the commit answer, and no refusal`() async throws {
        try await withBroker { _, hospital in
            let commit = try await hospital.ask(Exchange.admission("M1", ack: "AL|AL"))
            #expect(commit["MSA-1"] == "CA" && commit["MSA-2"] == "M1")
            let application = try Message(parsing: try await hospital.next())
            #expect(application["MSA-1"] == "AA" && application["MSA-2"] == "M1")
            #expect(application["MSH-15"] == "NE" && application["MSH-16"] == "NE")
            #expect(application["MSH-10"] != commit["MSH-10"])
            // Each answer would be another if something followed the one before it.
            #expect(try await hospital.ask(Exchange.admission("M2", ack: "AL|NE"))["MSA-2"] == "M2")
            let error = try await hospital.ask(Exchange.admission("M3", from: "STRICT", ack: "AL|AL", name: ""))
            #expect(error["MSA-1"] == "CE" && error["MSA-2"] == "M3" && error["ERR-3.1"] == "101")
            let rejected = try await hospital.ask(Exchange.admission("M4", ack: "AL|AL", processing: "T"))
            #expect(rejected["MSA-1"] == "CR" && rejected["MSA-2"] == "M4" && rejected["ERR-3.1"] == "202")
            let successOnly = try await hospital.ask(Exchange.admission("M5", ack: "ER|SU"))
            #expect(successOnly["MSA-1"] == "AA" && successOnly["MSA-2"] == "M5")
            #expect(try await hospital.ask(Exchange.admission("M6"))["MSA-2"] == "M6")
        }
    }

    @Test func `application acknowledgements go to ack-to, and the connection gets the commit answer only`()
        async throws
    {
        try await withBroker { exchange, hospital in
            for id in ["M1", "M2"] {
                let commit = try await hospital.ask(Exchange.admission(id, from: "LATER", ack: "AL|AL"))
                #expect(commit["MSA-1"] == "CA" && commit["MSA-2"] == id)
            }
            for id in ["M1", "M2"] {
                let application = try await exchange.acknowledgements.next()
                #expect(application["MSA-1"] == "AA" && application["MSA-2"] == id)
                #expect(application["MSH-15"] == "NE" && application["MSH-6"] == "LATER")
            }
            let isDelivered = try await eventually {
                let deliveries = try #require(try await exchange.ledger()["deliveries"] as? [String: Any])
                return deliveries["delivered"] as? Int == 4
            }
            #expect(isDelivered)
        }
    }

    @Test func `a query is answered by its receiver byte for byte, or AE 207 when nobody answers in time`() async throws
    {
        try await withBroker { exchange, hospital in
            let query = Exchange.query("Q1")
            let response = try await hospital.ask(query)
            #expect(Array(response.bytes) == Array(Exchange.response(to: try Message(parsing: query)).utf8))
            #expect(Array(try await exchange.laboratory.next().bytes) == query)
            let late = try await hospital.ask(Exchange.query("Q2", from: "STRICT"))
            #expect(late["MSA-1"] == "AE" && late["MSA-2"] == "Q2" && late["ERR-3.1"] == "207")
            // Nothing is queued for it.
            let ledger = try await exchange.ledger()
            #expect((ledger["deliveries"] as? [String: Any])?["total"] as? Int == 0)
        }
    }

    @Test func `a batch is answered by a batch with an answer to each of its messages`() async throws {
        try await withBroker { exchange, hospital in
            let batch =
                Exchange.bytes("BHS|^~\\&|ADT|GHH|HUB|EX|20260301120000+0000||||B1") + Exchange.admission("M1")
                + Exchange.admission("M2", from: "STRICT", name: "") + Exchange.bytes("BTS|2")
            let answer = try await hospital.answer(to: batch)
            let parts = Batch(answer)
            let answers = try parts.messages.map { try Message(parsing: Array(answer[$0])) }
            #expect(answers.map { $0["MSA-1"] } == ["AA", "AE"] && answers.map { $0["MSA-2"] } == ["M1", "M2"])
            let text = String(decoding: answer, as: UTF8.self)
            #expect(text.hasPrefix("BHS|^~\\&|HUB|EX|ADT|GHH|") && text.hasSuffix("\rBTS|2\r"))
            let ledger = try await exchange.ledger()
            #expect(ledger["accepted"] as? Int == 1 && ledger["refused"] as? Int == 1)
        }
    }

    @Test(arguments: [("", ["AA"]), ("AL|AL", ["CA", "AA"])])
    func `a repetition is answered as before and not delivered again, other bytes under its id with a warning`(
        ack: String, codes: [String]
    ) async throws {
        try await withBroker { exchange, hospital in
            var ids: Set<String?> = []
            for patient in ["P1", "P1", "P2", "P2"] {
                var answers = [try await hospital.ask(Exchange.admission("M1", ack: ack, patient: patient))]
                while answers.count < codes.count { answers.append(try Message(parsing: try await hospital.next())) }
                #expect(answers.map { $0["MSA-1"] } == codes && answers.allSatisfy { $0["MSA-2"] == "M1" })
                #expect(answers.first?["ERR-3.1"] == (patient == "P2" ? "205" : nil))
                #expect(answers.first?["ERR-4"] == (patient == "P2" ? "W" : nil))
                for answer in answers { ids.insert(answer["MSH-10"]) }
            }
            #expect(ids.count == 4 * codes.count)
            let ledger = try await exchange.ledger()
            #expect(ledger["accepted"] as? Int == 2 && ledger["duplicate"] as? Int == 2)
            #expect((ledger["deliveries"] as? [String: Any])?["total"] as? Int == 2)
        }
    }

    // MARK: Programs by others

    private static let hasHL7 = Peer.can("python3", "-c", "import hl7.client")

    @Test(.enabled(if: hasHL7, "the Python package hl7 is not installed: pip install hl7"))
    func `the client of the hl7 package reads both answers of enhanced mode`() async throws {
        try await withBroker { exchange, _ in
            let message = String(decoding: Exchange.admission("M1", ack: "AL|AL"), as: UTF8.self)
            try exchange.folder.write("message.hl7", message)
            try exchange.folder.write("client.py", Self.client)
            let client = try Peer(["python3", "client.py", "\(exchange.port)"], in: exchange.folder)
            let (code, output) = await client.finish()
            #expect(code == 0)
            #expect(output == "CA M1 NE NE\nAA M1 NE NE\n")
        }
    }

    /// Prints MSA-1, MSA-2, MSH-15 and MSH-16 of two answers.
    private static let client = """
        import sys, hl7
        from hl7.client import MLLPClient

        with MLLPClient("127.0.0.1", int(sys.argv[1])) as client:
            data = client.send_message(open("message.hl7", "rb").read())
            while data.count(b"\\x1c\\r") < 2:
                data += client.socket.recv(4096)
        for frame in data.split(b"\\x1c\\r")[:2]:
            message = hl7.parse(frame.strip(b"\\x0b").decode())
            header, answer = message.segment("MSH"), message.segment("MSA")
            print(answer[1], answer[2], header[15], header[16])

        """
}
