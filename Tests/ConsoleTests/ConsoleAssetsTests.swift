import Foundation
import Testing

@testable import Console

struct ConsoleAssetsTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/Console/Web")

    @Test func `the pages in the program are those of the folder`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        #expect(ConsoleAssets.all.map { $0.name.description }.sorted() == names)
        for asset in ConsoleAssets.all {
            let file = try String(contentsOf: Self.folder.appending(path: asset.name.description), encoding: .utf8)
            #expect(asset.text.description == file, "\(asset.name): run make generated")
        }
    }

    @Test func `the pages ask no other host for anything`() {
        for asset in ConsoleAssets.all {
            let text = asset.text.description.replacing("http://www.w3.org/2000/svg", with: "")
            #expect(!text.contains("http://") && !text.contains("https://"), "\(asset.name)")
        }
    }
}
