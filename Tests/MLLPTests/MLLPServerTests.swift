import Testing

@testable import MLLP

/// Runs `body` against a server on a free loopback port and shuts it down.
func withServer(
    _ handler: any FrameHandler, tls: ServerTLS? = nil, limits: MLLPLimits = MLLPLimits(),
    _ body: (MLLPServer) async throws -> Void
) async throws {
    let server = try await MLLPServer.bind(
        host: "127.0.0.1", port: 0, name: "test", tls: tls, limits: limits, handler: handler)
    do {
        try await body(server)
    } catch {
        await server.shutdown(drain: .zero)
        throw error
    }
    await server.shutdown(drain: .zero)
}

extension MLLPLimits {
    /// The default limits but one.
    static func with<Value>(_ limit: WritableKeyPath<MLLPLimits, Value>, _ value: Value) -> MLLPLimits {
        var limits = MLLPLimits()
        limits[keyPath: limit] = value
        return limits
    }
}

@Suite(.timeLimit(.minutes(1))) struct MLLPServerTests {
    @Test func `the address has the real port, and the handler learns who connects`() async throws {
        let recorder = Recorder.echo()
        try await withServer(recorder) { server in
            #expect(server.address == "127.0.0.1:\(server.port)")
            #expect(server.port > 0)
            _ = try await RawPeer.connect(to: server.port)
            let info = try #require(await recorder.nextOpening())
            #expect(info.peer == "127.0.0.1")
            #expect(info.isLoopback)
            #expect(info.listener == "test")
            #expect(info.localPort == server.port)
            #expect(!info.isTLS)
            #expect(info.certificateNames.isEmpty)
        }
    }

    @Test func `a port in use is an error that names it`() async throws {
        try await withServer(Recorder.echo()) { server in
            let error = await #expect(throws: MLLPServerError.self) {
                _ = try await MLLPServer.bind(host: "127.0.0.1", port: server.port, handler: Recorder.echo())
            }
            #expect(error?.code == .bindFailed)
            #expect(error?.text.contains("127.0.0.1:\(server.port)") == true)
        }
    }

    @Test func `a paused server hands nothing over, and everything once it is resumed`() async throws {
        let recorder = Recorder.echo()
        let server = try await MLLPServer.bind(host: "127.0.0.1", port: 0, isPaused: true, handler: recorder)
        #expect(server.isPaused)
        let early = try await RawPeer.connect(to: server.port)
        try await early.send("<1>/")
        await server.resume()
        #expect(await early.frames(1).count == 1)
        await server.pause()
        let late = try await RawPeer.connect(to: server.port)
        try await early.send("<2>/<3>/")
        try await late.send("<4>/")
        // Another server of this process goes on meanwhile.
        try await withServer(Recorder.echo()) { other in
            for number in 0..<50 {
                let peer = try await RawPeer.connect(to: other.port)
                try await peer.send("<\(number)>/")
                #expect(await peer.frames(1).count == 1)
            }
        }
        #expect(server.connectionCount == 1)
        await server.resume()
        #expect(await early.frames(2).count == 2)
        #expect(await late.frames(1).count == 1)
        await server.pause()
        await server.shutdown(drain: .zero)
    }

    @Test func `pipelined frames are answered in order although their answers come in reverse`() async throws {
        let held = HeldAnswers()
        try await withServer(Recorder { held.hold($0, $1) }) { server in
            let peer = try await RawPeer.connect(to: server.port)
            try await peer.send("<1>/<2>/<3><4>/\n<5>/")
            for (frame, answer) in await held.take(5).reversed() {
                guard case .message(let bytes) = frame else { continue }
                answer.send(Array("A".utf8) + bytes)
            }
            #expect(await peer.frames(5) == ["A1", "A2", "A3", "A4", "A5"])
        }
    }

    @Test func `a frame may be answered by none, one or several frames`() async throws {
        let recorder = Recorder { frame, answer in
            switch frame {
            case .message(let bytes) where bytes == Array("none".utf8): answer.none()
            case .message(let bytes) where bytes == Array("lost".utf8): break
            default: answer.send([Array("x".utf8), Array("y".utf8)])
            }
        }
        try await withServer(recorder) { server in
            let peer = try await RawPeer.connect(to: server.port)
            try await peer.send("<none>/<lost>/<two>/")
            #expect(await peer.frames(2) == ["x", "y"])
        }
    }

    @Test func `an answer is given once`() async throws {
        let recorder = Recorder { _, answer in
            answer.send(Array("first".utf8))
            answer.send(Array("second".utf8))
            answer.close()
        }
        try await withServer(recorder) { server in
            let peer = try await RawPeer.connect(to: server.port)
            try await peer.send("<1>/<2>/")
            #expect(await peer.frames(2) == ["first", "first"])
        }
    }

    @Test func `what follows an answer is sent after it, even if it is given before`() async throws {
        let held = HeldAnswers()
        try await withServer(Recorder { held.hold($0, $1) }) { server in
            let peer = try await RawPeer.connect(to: server.port)
            try await peer.send("<1>/<2>/")
            let answers = await held.take(2).map(\.1)
            answers[1].follow(with: [Array("after 2".utf8)])
            answers[1].send(Array("2".utf8))
            answers[0].send(Array("1".utf8))
            #expect(await peer.frames(3) == ["1", "2", "after 2"])
            answers[0].follow(with: [Array("after 1".utf8)])
            #expect(await peer.frames(1) == ["after 1"])
        }
    }

    @Test func `closing after an answer sends it and nothing behind it`() async throws {
        let recorder = Recorder { frame, answer in
            if frame == .message(Array("2".utf8)) {
                answer.close(after: [Array("bye".utf8)])
            } else {
                answer.send([0x41])
            }
        }
        try await withServer(recorder) { server in
            let peer = try await RawPeer.connect(to: server.port)
            try await peer.send("<1>/<2>/<3>/")
            #expect(await peer.untilEnd() == ["A", "bye"])
            try await peer.close()
            #expect(await recorder.nextClosing() == .answered)
        }
    }

    @Test func `a peer that closed its side gets the answers it is owed`() async throws {
        let held = HeldAnswers()
        let recorder = Recorder { held.hold($0, $1) }
        try await withServer(recorder) { server in
            let peer = try await RawPeer.connect(to: server.port)
            try await peer.send("<1>/<2>")
            try await peer.closeOutput()
            for (_, answer) in await held.take(2) { answer.send([0x41]) }
            #expect(await peer.untilEnd() == ["A", "A"])
            #expect(await recorder.nextClosing() == .peerClosed)
        }
    }

    @Test func `a peer that closes inside a frame leaves a broken frame`() async throws {
        let recorder = Recorder.echo()
        try await withServer(recorder) { server in
            let peer = try await RawPeer.connect(to: server.port)
            try await peer.send("xy<MSH|1")
            try await peer.close()
            #expect(await recorder.next { if case .skipped(let bytes) = $0 { bytes } else { nil } } == 2)
            let broken = Frame.broken(start: wire("MSH|1"), error: FrameError(.unfinished, length: 5))
            #expect(await recorder.nextFrame() == broken)
            #expect(await recorder.nextClosing() == .peerClosed)
        }
    }

    @Test func `an over-long frame is handed over by its start and the connection goes on`() async throws {
        let recorder = Recorder { frame, answer in
            if case .overlong(let start, let length) = frame {
                answer.send(Array("too long \(length) \(start.count)".utf8))
            } else {
                answer.send([0x41])
            }
        }
        try await withServer(recorder, limits: .with(\.frameBytesMax, 50_000)) { server in
            let peer = try await RawPeer.connect(to: server.port)
            try await peer.send([0x0B] + [UInt8](repeating: 0x42, count: 200_000) + [0x1C, 0x0D] + wire("<MSH|2>/"))
            #expect(await peer.frames(2) == ["too long 200000 4096", "A"])
        }
    }

    @Test func `a missing CR after the end byte is not waited for longer than the silence`() async throws {
        try await withServer(Recorder.echo(), limits: .with(\.endSilence, .milliseconds(10))) { server in
            let peer = try await RawPeer.connect(to: server.port)
            try await peer.send("<1>")
            #expect(await peer.frames(1) == ["A:1"])
            try await peer.send("/<2>")
            #expect(await peer.frames(1) == ["A:2"])
        }
    }

    @Test func `a frame that stops is closed and told`() async throws {
        let recorder = Recorder { frame, answer in answer.send([0x41]) }
        try await withServer(recorder, limits: .with(\.frameStallTime, .milliseconds(20))) { server in
            let peer = try await RawPeer.connect(to: server.port)
            try await peer.send("<1>/<MSH|2")
            #expect(await peer.untilEnd() == ["A", "A"])
            #expect(await recorder.nextFrame() == .message([0x31]))
            #expect(await recorder.nextFrame() == .broken(start: wire("MSH|2"), error: FrameError(.stalled, length: 5)))
            #expect(await recorder.nextClosing() == .frame(.stalled))
        }
    }

    @Test func `surplus connections are closed at once and reported`() async throws {
        let recorder = Recorder.echo()
        try await withServer(recorder, limits: .with(\.connectionsMax, 1)) { server in
            let first = try await RawPeer.connect(to: server.port)
            try await first.send("<1>/")
            #expect(await first.frames(1) == ["A:1"])
            let second = try await RawPeer.connect(to: server.port)
            #expect(await second.untilEnd() == [])
            #expect(await recorder.nextRefusal() == .listenerFull(connectionsMax: 1))
            try await first.send("<2>/")
            #expect(await first.frames(1) == ["A:2"])
            try await first.close()
            #expect(await recorder.nextClosing() == .peerClosed)
        }
    }

    @Test func `no more frames are handed over than may be in flight`() async throws {
        let held = HeldAnswers()
        try await withServer(Recorder { held.hold($0, $1) }, limits: .with(\.framesInFlightMax, 3)) { server in
            let peer = try await RawPeer.connect(to: server.port)
            try await peer.send((0..<20).map { "<\($0)>/" }.joined())
            var largest = 0
            var answered = 0
            while answered < 20 {
                let batch = await held.take(1)
                largest = max(largest, batch.count)
                for (_, answer) in batch { answer.send([0x41]) }
                answered += batch.count
            }
            #expect(largest <= 3)
            #expect(await peer.frames(20).count == 20)
        }
    }

    @Test func `frames beyond the bytes in flight are read once answers have left`() async throws {
        let held = HeldAnswers()
        try await withServer(Recorder { held.hold($0, $1) }, limits: .with(\.bytesInFlightMax, 10_000)) { server in
            let peer = try await RawPeer.connect(to: server.port)
            async let sending: Void = peer.send(
                Array((0..<500).map { _ in [0x0B] + [UInt8](repeating: 0x42, count: 5_000) + [0x1C, 0x0D] }.joined()))
            var answered = 0
            while answered < 500 {
                for (_, answer) in await held.take(1) {
                    answer.send([0x41])
                    answered += 1
                }
            }
            try await sending
            #expect(await peer.frames(500).count == 500)
        }
    }

    @Test func `unfinished frames of many connections cannot block the listener`() async throws {
        try await withServer(
            Recorder { frame, answer in answer.send(Array("\(frame.heldBytes)".utf8)) },
            limits: .with(\.listenerBytesInFlightMax, 100_000)
        ) { server in
            try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<8 {
                    let peer = try await RawPeer.connect(to: server.port)
                    try await peer.send([0x0B] + [UInt8](repeating: 0x42, count: 60_000))
                    group.addTask {
                        try await peer.send([UInt8](repeating: 0x42, count: 2_000_000) + [0x1C, 0x0D])
                        return await peer.frames(1)
                    }
                }
                for try await answer in group { #expect(answer == ["2060000"]) }
            }
        }
    }

    @Test func `answers from many threads all arrive, in order`() async throws {
        let recorder = Recorder { frame, answer in
            guard case .message(let bytes) = frame else { return }
            // Ends by itself as soon as it has answered.
            Task.detached { answer.send(bytes) }
        }
        try await withServer(recorder) { server in
            let peer = try await RawPeer.connect(to: server.port)
            try await peer.send((0..<5_000).map { "<\($0)>/" }.joined())
            #expect(await peer.frames(5_000) == (0..<5_000).map(String.init))
        }
    }

    @Test func `a shutdown waits for the answers that are owed`() async throws {
        let held = HeldAnswers()
        let recorder = Recorder { held.hold($0, $1) }
        let server = try await MLLPServer.bind(host: "127.0.0.1", port: 0, handler: recorder)
        let peer = try await RawPeer.connect(to: server.port)
        try await peer.send("<1>/")
        let answer = await held.take(1)[0].1
        async let ended: Void = server.shutdown(drain: .seconds(50))
        answer.send([0x41])
        #expect(await peer.untilEnd() == ["A"])
        try await peer.close()
        await ended
        #expect(await recorder.nextClosing() == .shutdown)
        #expect(server.connectionCount == 0)
        await #expect(throws: (any Error).self) { _ = try await RawPeer.connect(to: server.port) }
    }

    @Test func `a shutdown that meets the peer's own closing ends at once, however they meet`() async throws {
        for round in 0..<300 {
            let server = try await MLLPServer.bind(host: "127.0.0.1", port: 0, handler: Recorder.echo())
            let client = MLLPClient(host: "127.0.0.1", port: server.port)
            if round % 3 != 0 { _ = try await client.exchange([0x41], timeout: .seconds(20)) }
            async let last: [UInt8] = client.exchange([0x42], timeout: .seconds(20))
            if round % 2 == 0 { client.close() }
            // Whether it is answered depends on who was first.
            _ = try? await last
            client.close()
            // Longer than the suite may take: ends in time only if nothing is left to wait for.
            await server.shutdown(drain: .seconds(600))
        }
    }

    @Test func `a shutdown cuts off what stays unanswered`() async throws {
        let held = HeldAnswers()
        let recorder = Recorder { held.hold($0, $1) }
        let server = try await MLLPServer.bind(host: "127.0.0.1", port: 0, handler: recorder)
        let peer = try await RawPeer.connect(to: server.port)
        try await peer.send("<1>/")
        let answers = await held.take(1)
        await server.shutdown(drain: .milliseconds(10))
        #expect(await peer.untilEnd() == [])
        #expect(await recorder.nextClosing() == .shutdown)
        answers[0].1.send([0x41])
    }
}
