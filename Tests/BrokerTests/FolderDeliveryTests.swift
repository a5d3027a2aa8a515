import Foundation
import Interfaces
import Journaling
import Testing

@testable import Broker

/// A broker and a folder.
@Suite(.timeLimit(.minutes(1))) struct FolderDeliveryTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "wardline-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }  // nothing there if the test failed early
        try await body(folder.path)
    }

    private func files(_ folder: String, _ keys: String = "") -> [String: String] {
        [
            "providers/clinic.yaml": """
            provider: clinic
            receives:
              inbox: { folder: \(folder), retry: { first: 1ms, max: 20ms }\(keys) }
            """
        ]
    }

    private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    @Test func `every message is one complete file, byte for byte, named by its number`() async throws {
        try await withFolder { folder in
            try await withBroker(try TestFolder.configuration(files(folder + "/a/b", ", order: none"))) { test in
                let messages = (1...100).map { Sample.admission("M\($0)", ack: "AL|NE") }
                try await test.send(messages)
                try await test.waitUntilAllSettled(100)
                let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/a/b")
                #expect(Set(names) == Set((1...100).map { "\($0)-clinic.inbox.hl7" }))
                for (index, message) in messages.enumerated() {
                    #expect(try bytes("\(folder)/a/b/\(index + 1)-clinic.inbox.hl7") == message)
                }
            }
        }
    }

    @Test func `a file is there once its delivery is settled, and not before under its name`() async throws {
        try await withFolder { folder in
            let endpoint = Endpoint(name: "clinic.inbox", kind: .folder(path: folder, format: .hl7))
            let sender = try await SenderFactory.make(endpoint)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            // A folder in the way of the second file's temporary name: nothing may be delivered by halves.
            try FileManager.default.createDirectory(
                atPath: folder + "/.2-clinic.inbox.hl7.part", withIntermediateDirectories: false)
            let messages = (1...2).map { OutgoingMessage(seq: $0, bytes: [65], controlID: []) }
            let outcomes = await sender.send(messages)
            #expect(outcomes.count == 2 && outcomes.allSatisfy { $0.result == "not written" })
            #expect(!FileManager.default.fileExists(atPath: folder + "/1-clinic.inbox.hl7"))
            try FileManager.default.removeItem(atPath: folder + "/.2-clinic.inbox.hl7.part")
            #expect(await sender.send(messages).allSatisfy { $0.result == "written" })
            #expect(await sender.send(messages).allSatisfy { $0.result == "written" })
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
        }
    }

    @Test func `a folder that cannot be written to is tried again until it can`() async throws {
        try await withFolder { folder in
            try Data("in the way".utf8).write(to: URL(filePath: folder))
            try await withBroker(try TestFolder.configuration(files(folder))) { test in
                try await test.send([Sample.admission("M1")])
                try await test.eventually("two attempts") { try await test.journal.attempts(of: 1).count >= 2 }
                try FileManager.default.removeItem(atPath: folder)
                try await test.wait(1, is: .delivered)
            }
            #expect(try bytes(folder + "/1-clinic.inbox.hl7") == Sample.admission("M1"))
        }
    }
}
