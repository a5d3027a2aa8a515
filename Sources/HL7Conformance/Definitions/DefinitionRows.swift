extension DefinitionSet {
    /// The rows of a set as pointers, valid within ``DefinitionSet/withRows(_:)``: reading one costs neither a retain
    /// nor, in release builds, a bounds check.
    struct Rows {
        let fields: UnsafeBufferPointer<FieldRow>
        let types: UnsafeBufferPointer<TypeRow>
        let components: UnsafeBufferPointer<ComponentRow>
        let tables: UnsafeBufferPointer<TableRow>
        let codes: UnsafeBufferPointer<CodeRow>
        let keys: UnsafeBufferPointer<UInt64>

        /// The first eight bytes of a code as a number that sorts as the bytes do. Nearly all codes are no longer.
        static func key(_ code: UnsafeBufferPointer<UInt8>) -> UInt64 {
            var key: UInt64 = 0
            for offset in 0..<8 { key = key << 8 | (offset < code.count ? UInt64(code[offset]) : 0) }
            return key
        }

        /// Whether a table lists a code, compared by bytes.
        func table(_ table: TableRow, contains code: UnsafeBufferPointer<UInt8>) -> Bool {
            codeIndex(in: table, code) != nil
        }

        func codeIndex(in table: TableRow, _ code: UnsafeBufferPointer<UInt8>) -> Int? {
            let key = Self.key(code)
            let end = Int(table.firstCode) + Int(table.codeCount)
            var low = Int(table.firstCode)
            var high = end
            while low < high {
                let middle = (low + high) / 2
                if keys[middle] < key { low = middle + 1 } else { high = middle }
            }
            // Codes that begin with the same eight bytes stand together.
            while low < end, keys[low] == key {
                if equals(codes[low].code, code) { return low }
                low += 1
            }
            return nil
        }

        private func equals(_ text: TableText, _ code: UnsafeBufferPointer<UInt8>) -> Bool {
            guard Int(text.count) == code.count else { return false }
            if code.count <= 8 { return true }
            return text.bytes(in: DefinitionTables.codes).elementsEqual(code)
        }
    }
}
