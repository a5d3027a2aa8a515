internal import HL7

/// A hospital day that nobody had: invented patients are admitted, examined, updated and discharged.
///
/// Pure: the same number gives the same message.
struct DemoFeed {
    /// Of the whole run, so that a second run sends no duplicates.
    let run: String

    private static let families = ["EVERYWOMAN", "OAKHEART", "RIVERS", "STONEFIELD", "AMBERLY", "WINTERBOURNE"]
    private static let givens = ["EVE", "ADAM", "ROWAN", "HAZEL", "BASIL", "LINDEN", "OLIVE"]
    private static let wards = ["4NORTH", "4SOUTH", "ICU", "ED"]

    /// Message number `number`, from 0.
    ///
    /// - Parameter time: now, as HL7 writes it.
    func message(_ number: Int, time: String) -> [UInt8] {
        let patient = number / 4
        let step = number % 4
        let kind = ["A01", "R01", "A08", "A03"][step]
        let header = step == 1 ? "ORU^R01^ORU_R01" : "ADT^\(kind)^\(step == 3 ? "ADT_A03" : "ADT_A01")"
        let family = Self.families[patient % Self.families.count]
        let given = Self.givens[patient % Self.givens.count]
        let sex = patient.isMultiple(of: 2) ? "F" : "M"
        let record = "\(run)\(100 + patient)"
        let visit = patient % 3 == 2 ? "O" : "I"
        var segments = ["MSH|^~\\&|GHH_ADT|GHH|RIVERSIDE|HIE|\(time)||\(header)|\(run)-\(number)|P|2.5.1"]
        if step != 1 { segments.append(Self.segment("EVN", [2: time])) }
        segments.append(
            Self.segment(
                "PID",
                [
                    1: "1", 3: "\(record)^^^GHH^MR", 5: "\(family)^\(given)",
                    7: "19\(50 + patient % 45)0\(1 + patient % 9)14", 8: sex,
                    11: "\(1 + patient) Harbor Street^^Riverside^IL^60546^USA^H",
                    13: "^PRN^PH^^1^708^555\(1000 + patient % 9000)",
                ]))
        segments.append(
            Self.segment(
                "PV1",
                [
                    1: "1", 2: visit, 3: "\(Self.wards[patient % Self.wards.count])^\(1 + patient % 20)^A^GHH",
                    7: "1234^WELBY^MARCUS^^^DR", 10: "MED", 19: "V\(record)^^^GHH^VN", 44: time,
                ]))
        switch step {
        case 0: segments.append(Self.segment("DG1", [1: "1", 3: "J18.9^Pneumonia, unspecified organism^I10C", 6: "A"]))
        case 1: segments += result(record: record, patient: patient, time: time)
        case 2:
            segments.append(Self.segment("AL1", [1: "1", 2: "DA", 3: "70618^Penicillin^RXNORM", 4: "MO", 5: "Rash"]))
        default: break
        }
        return Array((segments.joined(separator: "\r") + "\r").utf8)
    }

    private func result(record: String, patient: Int, time: String) -> [String] {
        let (glucose, sodium) = (80 + patient % 60, 135 + patient % 10)
        return [
            Self.segment("ORC", [1: "RE", 2: "P\(record)", 3: "F\(record)"]),
            Self.segment(
                "OBR",
                [
                    1: "1", 2: "P\(record)", 3: "F\(record)", 4: "24323-8^Comprehensive metabolic panel^LN", 7: time,
                    16: "1234^WELBY^MARCUS", 22: time, 24: "CH", 25: "F",
                ]),
            Self.segment(
                "OBX",
                [
                    1: "1", 2: "NM", 3: "2345-7^Glucose^LN", 5: "\(glucose)", 6: "mg/dL", 7: "70-99",
                    8: glucose > 99 ? "H" : "N", 11: "F", 14: time,
                ]),
            Self.segment(
                "OBX",
                [
                    1: "2", 2: "NM", 3: "2951-2^Sodium^LN", 5: "\(sodium)", 6: "mmol/L", 7: "136-145",
                    8: sodium < 136 ? "L" : "N", 11: "F", 14: time,
                ]),
        ]
    }

    /// A segment with the fields that have a value.
    private static func segment(_ name: String, _ fields: [Int: String]) -> String {
        let last = fields.keys.max() ?? 0
        return ([name] + (1...max(1, last)).map { fields[$0] ?? "" }).joined(separator: "|")
    }
}
