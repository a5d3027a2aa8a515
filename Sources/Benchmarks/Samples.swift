/// The messages that are measured: invented people, sizes and segments as hospitals send them.
enum Samples {
    /// An admission of 1.0 KB. One identifier, which `wardline send --patients` changes: a second one that stays the same
    /// would make one patient, and so one lane, of all copies.
    static let adt = bytes([
        #"MSH|^~\&|GHH_ADT|GHH|EXCHANGE|RIVERSIDE|20260305101500-0600||ADT^A01^ADT_A01|B00001|P|2.5.1|||AL|NE"#,
        #"EVN||20260305101400-0600||01|1044^Okoro^Ben^^^Dr^^^GHH|20260305101000-0600"#,
        #"PID|1||90210^^^GHH^MR||Vale^Iris^Quill^^Ms^^L||19790214|F||2106-3^White^HL70005|"#
            + #"12 Quay St^Apt 4^Portville^WA^98001^USA^H||^PRN^PH^^1^206^5550100|^WPN^PH^^1^206^5550101|en^English^"#
            + #"ISO639|M^Married^HL70002||ACC7001^^^GHH^AN|||||Portville||||||||N"#,
        #"NK1|1|Vale^Tomas|SPO^Spouse^HL70063|12 Quay St^Apt 4^Portville^WA^98001^USA|^PRN^PH^^1^206^5550102"#,
        #"PV1|1|I|W3^12^B^GHH||||1044^Okoro^Ben^^^Dr^^^GHH|1051^Lind^Asa^^^Dr^^^GHH||MED||||7|||1044^Okoro^Ben^^^Dr^^"#
            + #"^GHH|IP|V7001^^^GHH^VN|||||||||||||||||||||||||20260305101000-0600"#,
        #"AL1|1|DA|7980^Penicillin^RXNORM|SV|Hives"#,
        #"AL1|2|FA|91935009^Allergy to peanuts^SCT|MO|Swelling of the lips"#,
        #"DG1|1||J18.9^Pneumonia, unspecified organism^I10|||A"#,
        #"IN1|1|GOLD^Gold Plan^GHHPLAN|PAY01^^^GHH^XX|Harbor Mutual|1 Pier Rd^^Portville^WA^98001^USA|||||||||||"#
            + #"Vale^Iris^Quill|SEL^Self^HL70063|19790214"#,
    ])

    /// A laboratory report of twelve results, 1.7 KB.
    static let oru: [UInt8] = {
        let results = [
            ("718-7", "Hemoglobin", "13.2", "g/dL", "12.0-16.0", "N"),
            ("4544-3", "Hematocrit", "39.8", "%", "36.0-46.0", "N"),
            ("789-8", "Erythrocytes", "4.41", "10*6/uL", "4.00-5.20", "N"),
            ("787-2", "MCV", "90.2", "fL", "80.0-100.0", "N"), ("785-6", "MCH", "29.9", "pg", "27.0-33.0", "N"),
            ("786-4", "MCHC", "33.2", "g/dL", "32.0-36.0", "N"),
            ("6690-2", "Leukocytes", "11.9", "10*3/uL", "4.0-11.0", "H"),
            ("777-3", "Platelets", "268", "10*3/uL", "150-400", "N"),
            ("2345-7", "Glucose", "104", "mg/dL", "70-99", "H"),
            ("2160-0", "Creatinine", "0.84", "mg/dL", "0.50-1.10", "N"),
            ("2951-2", "Sodium", "139", "mmol/L", "135-145", "N"),
            ("2823-3", "Potassium", "4.1", "mmol/L", "3.5-5.1", "N"),
        ]
        return bytes(
            [
                #"MSH|^~\&|GHH_LAB|GHH|EXCHANGE|RIVERSIDE|20260305143000-0600||ORU^R01^ORU_R01|B00002|P|2.5.1|||AL|NE"#,
                #"PID|1||90210^^^GHH^MR||Vale^Iris^Quill^^Ms^^L||19790214|F|||12 Quay St^Apt 4^Portville^WA^98001^USA^H"#,
                #"PV1|1|I|W3^12^B^GHH||||1044^Okoro^Ben^^^Dr^^^GHH||||||||||||V7001^^^GHH^VN"#,
                #"ORC|RE|P5001^GHH_OE|F5001^GHH_LAB||CM||||20260305133000-0600|||1044^Okoro^Ben^^^Dr^^^GHH"#,
                #"OBR|1|P5001^GHH_OE|F5001^GHH_LAB|24323-8^Comprehensive panel^LN|||20260305134000-0600|||||||||"#
                    + #"1044^Okoro^Ben^^^Dr^^^GHH||||||20260305142500-0600||LAB|F"#,
            ]
                + results.enumerated().map { number, result in
                    let (code, name, value, unit, range, flag) = result
                    return "OBX|\(number + 1)|NM|\(code)^\(name)^LN||\(value)|\(unit)^\(unit)^UCUM|\(range)|\(flag)|||F"
                        + "|||20260305134000-0600|GHH_LAB"
                }
                + ["NTE|1|L|Specimen received in good condition."])
    }()

    private static func bytes(_ segments: [String]) -> [UInt8] { segments.flatMap { Array($0.utf8) + [0x0D] } }
}
