import FHIR

extension PlanAssembler {
    func flat(_ row: RowPlan) -> FlatRow {
        var flat = FlatRow(kind: .drop)
        flat.sources = add(row.sources)
        flat.target = target(row.target)
        flat.table = table(row.table)
        flat.system = row.v2.map { pool.constant(.string(NameSystem.table($0))) } ?? -1
        flat.when = condition(row.when)
        flat.needsTableCode = row.needsTableCode
        flat.isNeeded = row.isNeeded
        let rules = row.pick.map { condition($0) }
        picks += rules
        flat.picks = FlatRange(first: Int32(picks.count - rules.count), count: Int32(rules.count))
        flat.join = row.join.map { pool.text($0) } ?? -1
        flat.prefix = row.prefix.map { pool.text($0) } ?? -1
        flat.set = row.set.map { pool.constant(.object($0)) } ?? -1
        rowNames.append((row.map, row.id))
        flat.name = Int32(rowNames.count - 1)
        setOutput(&flat, row)
        if let other = row.otherwise {
            let other = self.flat(other)
            rows.append(other)
            flat.otherwise = Int32(rows.count - 1)
        }
        return flat
    }

    private func setOutput(_ flat: inout FlatRow, _ row: RowPlan) {
        switch row.output {
        case .native(let conversion):
            flat.conversion = conversion
            flat.kind = .value
            if row.table?.hasSeveralInputs == true {
                flat.kind = .table
            } else if row.join != nil {
                flat.kind = .join
            } else if conversion == .authority, row.sources.count > 1 {
                flat.kind = .authority
            }
            flat.onUnmapped = onUnmapped(row, conversion)
        case .datatype(let map): (flat.kind, flat.operand) = (.datatype, Int32(map))
        case .make(let map, let isAddress):
            (flat.kind, flat.operand, flat.isAddress) = (.make, Int32(map), isAddress)
        case .constant(let value): (flat.kind, flat.operand) = (.constant, pool.constant(value))
        case .variable(let variable, let conversion):
            (flat.kind, flat.conversion) = (.variable, conversion)
            flat.operand = Int32(Variable.allCases.firstIndex(of: variable) ?? 0)
        case .reference(let name): (flat.kind, flat.operand) = (.reference, self.name(name))
        case .everything: flat.kind = .everything
        case .drop: flat.kind = .drop
        }
    }

    /// What a row does nothing without.
    func gate(_ row: FlatRow) -> FlatGate {
        guard row.sources.count == 1 else { return FlatGate() }
        let source = sources[Int(row.sources.first)]
        switch row.kind {
        case .value, .datatype, .make:
            return FlatGate(segment: source.segment, number: source.segment >= 0 ? source.field : source.component)
        case .table, .join, .authority:
            return source.segment >= 0 ? FlatGate(segment: source.segment, number: source.field) : FlatGate()
        default: return FlatGate()
        }
    }

    private func onUnmapped(_ row: RowPlan, _ conversion: Conversion) -> Int32 {
        guard let code = row.onUnmapped, let table = row.table else { return -1 }
        if conversion.isComplex {
            // A code of the table's own code system that stands for those that the table does not have.
            let coding =
                table.allCodes.first { $0.code == code }
                ?? TablePlan.Code(system: table.allCodes.compactMap(\.system).min(), code: code)
            return pool.constant(.object(Self.coding(coding)))
        }
        return Primitive.value(code, conversion).map { pool.constant($0) } ?? -1
    }

    func target(_ path: TargetPath) -> Int32 {
        let flat = path.steps.map { step in
            let (index, slot): (FlatStep.Index, Int32) =
                switch step.index {
                case .none: (.none, 0)
                case .append: (.append, 0)
                case .slot(let slot): (.slot, slot)
                case .shared(let slot): (.shared, slot)
                }
            return FlatStep(
                key: pool.key(step.key), index: index, slot: slot,
                url: step.url.map { pool.constant(.string($0)) } ?? -1)
        }
        steps += flat
        let range = FlatRange(first: Int32(steps.count - flat.count), count: Int32(flat.count))
        targets.append(FlatTarget(steps: range, anchorCount: Int32(path.anchorCount)))
        return Int32(targets.count - 1)
    }
}
