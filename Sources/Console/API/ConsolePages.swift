import Crypto
import HTTPTypes
import Hummingbird
import NIOCore

/// The files of the web console, served from the program itself.
struct ConsolePages: Sendable {
    private struct Page: Sendable {
        var type: String
        var body: ByteBuffer
        var tag: String
    }

    private let pages: [String: Page]

    init() {
        var pages: [String: Page] = [:]
        for asset in ConsoleAssets.all {
            let bytes = asset.text.withUTF8Buffer { Array($0) }
            pages[asset.name.description] = Page(
                type: asset.type.description, body: ByteBuffer(bytes: bytes),
                tag: "\"\(hexadecimal(Array(SHA256.hash(data: bytes).prefix(8))))\"")
        }
        self.pages = pages
    }

    func add(to router: Hummingbird.Router<AdminContext>) {
        for name in pages.keys where name != "index.html" {
            router.get(RouterPath(name)) { request, _ in answer(name, request) }
        }
        router.get("/") { request, _ in answer("index.html", request) }
    }

    /// A page that the browser has already is not sent again; it asks each time, so an upgrade shows at once.
    private func answer(_ name: String, _ request: Request) -> Response {
        guard let page = pages[name] else { return Response(status: .notFound) }
        let headers: HTTPFields = [.contentType: page.type, .eTag: page.tag, .cacheControl: "no-cache"]
        if request.headers[.ifNoneMatch] == page.tag { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: page.body))
    }
}
