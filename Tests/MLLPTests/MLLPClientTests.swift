import Synchronization
import Testing

@testable import MLLP

@Suite(.timeLimit(.minutes(1))) struct MLLPClientTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `an exchange returns the answer, and the connection is kept`() async throws {
        let recorder = Recorder.echo()
        try await withServer(recorder) { server in
            let client = MLLPClient(host: "127.0.0.1", port: server.port)
            #expect(!client.isConnected)
            for number in 0..<5 {
                let answer = try await client.exchange(Array("\(number)".utf8), timeout: .seconds(20))
                #expect(text(answer) == "A:\(number)")
            }
            #expect(client.isConnected)
            #expect(server.connectionCount == 1)
        }
    }

    @Test func `a late answer is never credited to another message`() async throws {
        let held = HeldAnswers()
        let recorder = Recorder { frame, answer in
            guard case .message(let bytes) = frame else { return }
            if bytes == Array("slow".utf8) { held.hold(frame, answer) } else { answer.send(Array("A:".utf8) + bytes) }
        }
        try await withServer(recorder) { server in
            let client = MLLPClient(host: "127.0.0.1", port: server.port)
            let error = await #expect(throws: MLLPClientError.self) {
                _ = try await client.exchange(Array("slow".utf8), timeout: .milliseconds(20))
            }
            #expect(error?.code == .timedOut)
            #expect(!client.isConnected)
            let late = await held.take(1)[0].1
            async let next = client.exchange(Array("next".utf8), timeout: .seconds(20))
            late.send(Array("late".utf8))
            let answer = try await text(next)
            #expect(answer == "A:next")
        }
    }

    @Test func `what is sent without an answer arrives, and the next exchange has its own answer`() async throws {
        let held = HeldAnswers()
        let recorder = Recorder { frame, answer in
            guard case .message(let bytes) = frame else { return }
            if bytes == Array("ask".utf8) { answer.send(Array("A:ask".utf8)) } else { held.hold(frame, answer) }
        }
        try await withServer(recorder) { server in
            let client = MLLPClient(host: "127.0.0.1", port: server.port)
            for number in 0..<3 { try await client.send(Array("\(number)".utf8), timeout: .seconds(20)) }
            let arrived = await held.take(3)
            #expect(arrived.map(\.0) == (0..<3).map { .message(Array("\($0)".utf8)) })
            for (_, answer) in arrived { answer.none() }
            #expect(try await text(client.exchange(Array("ask".utf8), timeout: .seconds(20))) == "A:ask")
            #expect(server.connectionCount == 1)
        }
    }

    @Test func `cancelling the task closes the connection`() async throws {
        let held = HeldAnswers()
        let recorder = Recorder { held.hold($0, $1) }
        try await withServer(recorder) { server in
            let client = MLLPClient(host: "127.0.0.1", port: server.port)
            await withTaskGroup(of: MLLPClientError.Code?.self) { group in
                group.addTask {
                    do throws(MLLPClientError) {
                        _ = try await client.exchange([0x41], timeout: .seconds(50))
                        return nil
                    } catch {
                        return error.code
                    }
                }
                _ = await held.take(1)
                group.cancelAll()
                #expect(await group.next() == .cancelled)
            }
            #expect(!client.isConnected)
            #expect(await recorder.nextClosing() != nil)
        }
    }

    @Test func `a task that is cancelled already gets no answer`() async throws {
        try await withServer(Recorder.echo()) { server in
            let client = MLLPClient(host: "127.0.0.1", port: server.port)
            let code = await withTaskGroup(of: MLLPClientError.Code?.self) { group in
                group.cancelAll()
                group.addTask {
                    do throws(MLLPClientError) {
                        _ = try await client.exchange([0x41], timeout: .seconds(50))
                        return nil
                    } catch {
                        return error.code
                    }
                }
                return await group.next() ?? nil
            }
            #expect(code == .cancelled)
        }
    }

    @Test func `the peer's closing fails the exchange at once and the next one connects anew`() async throws {
        let recorder = Recorder { frame, answer in
            if frame == .message([0x41]) { answer.close() } else { answer.send([0x43]) }
        }
        try await withServer(recorder) { server in
            let client = MLLPClient(host: "127.0.0.1", port: server.port)
            let error = await #expect(throws: MLLPClientError.self) {
                _ = try await client.exchange([0x41], timeout: .seconds(50))
            }
            #expect(error?.code == .closed)
            let answer = try await client.exchange([0x42], timeout: .seconds(50))
            #expect(answer == [0x43])
        }
    }

    @Test func `a port where nobody listens is an error that names it`() async throws {
        let taken = try ReservedPort()
        for host in ["127.0.0.1", "localhost"] {
            let client = MLLPClient(host: host, port: taken.number)
            let error = await #expect(throws: MLLPClientError.self) {
                _ = try await client.exchange([0x41], timeout: .seconds(50))
            }
            #expect(error?.code == .connectFailed)
            #expect(error?.text.contains("\(host):\(taken.number)") == true)
        }
        withExtendedLifetime(taken) {}
    }

    @Test func `a host with several addresses is reached at the one that listens`() async throws {
        try await withServer(Recorder.echo()) { server in
            let client = MLLPClient(host: "localhost", port: server.port)
            let answer = try await text(client.exchange([0x41], timeout: .seconds(50)))
            #expect(answer == "A:A")
        }
    }

    @Test func `frames that answer nothing are discarded and reported`() async throws {
        let (reported, report) = AsyncStream.makeStream(of: Frame.self)
        let recorder = Recorder { frame, answer in answer.send([[0x41], [0x42]]) }
        try await withServer(recorder) { server in
            let client = MLLPClient(host: "127.0.0.1", port: server.port) { report.yield($0) }
            let first = try await client.exchange([0x31], timeout: .seconds(50))
            #expect(first == [0x41])
            var iterator = reported.makeAsyncIterator()
            #expect(await iterator.next() == .message([0x42]))
            let second = try await client.exchange([0x32], timeout: .seconds(50))
            #expect(second == [0x41])
        }
    }

    @Test func `a second exchange at a time is refused`() async throws {
        let held = HeldAnswers()
        try await withServer(Recorder { held.hold($0, $1) }) { server in
            let client = MLLPClient(host: "127.0.0.1", port: server.port)
            async let first = client.exchange([0x41], timeout: .seconds(50))
            let answers = await held.take(1)
            let error = await #expect(throws: MLLPClientError.self) {
                _ = try await client.exchange([0x42], timeout: .seconds(50))
            }
            #expect(error?.code == .busy)
            answers[0].1.send([0x43])
            let answer = try await first
            #expect(answer == [0x43])
        }
    }

    @Test func `an answer longer than the limit closes the connection`() async throws {
        try await withServer(Recorder { _, answer in answer.send([UInt8](repeating: 0x41, count: 1_001)) }) { server in
            var limits = MLLPLimits()
            limits.frameBytesMax = 1_000
            let client = MLLPClient(host: "127.0.0.1", port: server.port, limits: limits)
            let error = await #expect(throws: MLLPClientError.self) {
                _ = try await client.exchange([0x41], timeout: .seconds(50))
            }
            #expect(error?.code == .overlong)
            #expect(!client.isConnected)
        }
    }

    @Test func `a message that framing would cut is not sent`() async throws {
        let client = MLLPClient(host: "127.0.0.1", port: 1)
        for payload in ["", "MSH|1>/PID"] {
            let error = await #expect(throws: MLLPClientError.self) {
                _ = try await client.exchange(wire(payload), timeout: .seconds(50))
            }
            #expect(error?.code == .unframeable)
        }
    }

    @Test func `a callback connection keeps many messages in flight`() async throws {
        let (answers, answered) = AsyncStream.makeStream(of: Frame.self)
        let (ends, ended) = AsyncStream.makeStream(of: MLLPClientError?.self)
        try await withServer(Recorder.echo()) { server in
            let connection = try await MLLPConnection.connect(
                host: "127.0.0.1", port: server.port, onFrame: { answered.yield($0) }, onClose: { ended.yield($0) })
            for number in 0..<1_000 { connection.write([Array("\(number)".utf8)]) }
            var number = 0
            for await answer in answers {
                #expect(answer == .message(Array("A:\(number)".utf8)))
                number += 1
                if number == 1_000 { break }
            }
            connection.close()
            var iterator = ends.makeAsyncIterator()
            #expect(await iterator.next() == .some(nil))
        }
    }
}
