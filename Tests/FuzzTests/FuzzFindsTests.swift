import Foundation
import Testing

struct FuzzFindsTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures").standardizedFileURL

    /// Inputs that once broke a check; the name says which.
    private static var finds: [URL] {
        get throws {
            try FileManager.default.contentsOfDirectory(
                at: folder.appending(path: "fuzz"), includingPropertiesForKeys: nil
            ).filter { $0.pathExtension == "bin" }
        }
    }

    @Test func `what the fuzzer found stays mended`() throws {
        let finds = try Self.finds
        #expect(!finds.isEmpty)
        for find in finds {
            #expect(throws: Never.self, "\(find.lastPathComponent)") {
                try FuzzChecks.run(Array(Data(contentsOf: find)))
            }
        }
    }

    @Test(arguments: 0..<8)
    func `every check holds for sample messages`(check: UInt8) throws {
        for name in ["messages", "torture"] {
            let files = try FileManager.default.contentsOfDirectory(
                at: Self.folder.appending(path: name), includingPropertiesForKeys: nil
            ).filter { $0.pathExtension == "hl7" }.sorted { $0.path < $1.path }
            #expect(!files.isEmpty)
            // The fuzzer begins with all of them; here each check takes its share.
            for file in files.enumerated().filter({ $0.offset % 8 == Int(check) || name == "messages" }).map(\.element)
            {
                let bytes = try Array(Data(contentsOf: file))
                let input = (check == 6 ? [check, 1] : [check]) + bytes
                #expect(throws: Never.self, "\(file.lastPathComponent)") { try FuzzChecks.run(input) }
            }
        }
    }
}
