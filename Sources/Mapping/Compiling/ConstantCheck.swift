import FHIR

/// Checks constants of maps against the R4 definitions.
struct ConstantCheck {
    let mistakes: MistakeList
    let place: MapPlace

    init(_ mistakes: MistakeList, _ place: MapPlace) {
        self.mistakes = mistakes
        self.place = place
    }

    /// Checks the members of an object that is merged into the element at `path` (empty: the type itself).
    func check(members object: JSONObject, _ type: String, _ path: String) {
        let names = Set(object.members.map { $0.key.hasPrefix("_") ? String($0.key.dropFirst()) : $0.key })
        let choices = names.compactMap { R4.choice(of: $0) }
        if Set(choices).count < choices.count {
            mistakes.add(place, "\(names.sorted().joined(separator: ", ")): write one form of each choice")
        }
        for member in object.members {
            check(member.value, type, path.isEmpty ? member.key : path + "." + member.key)
        }
    }

    /// Checks the value of the element at `path`.
    func check(_ value: JSONValue, _ type: String, _ path: String) {
        guard let element = Definitions.element(type, path) else {
            let parent = path.split(separator: ".").dropLast().joined(separator: ".")
            mistakes.add(
                place,
                "\(type) has no element \(path); there is \(Definitions.elements(type, parent).joined(separator: ", "))"
            )
            return
        }
        guard element.isArray == (value.array != nil) else {
            mistakes.add(
                place,
                element.isArray ? "\(path) is a list: write [ … ]" : "\(path) is a single element: write it without [ ]"
            )
            return
        }
        for value in value.array ?? [value] { check(single: value, element, type, path) }
    }

    private func check(single value: JSONValue, _ element: R4Element, _ type: String, _ path: String) {
        guard let elementType = element.types.first, element.types.count == 1 else {
            mistakes.add(place, "\(path) is a choice: write it with its type, as in valueString")
            return
        }
        if let object = value.object {
            guard !R4.isPrimitive(elementType) else {
                mistakes.add(place, "\(path) is a \(elementType): write a plain value")
                return
            }
            return check(members: object, type, path)
        }
        guard R4.isPrimitive(elementType) else {
            mistakes.add(place, "\(path) is a \(elementType): write its members, { … }")
            return
        }
        switch (elementType, value) {
        case ("boolean", .bool), ("decimal", .number), ("integer", .number), ("positiveInt", .number),
            ("unsignedInt", .number):
            return
        case (_, .string(let text)):
            if !R4.isValid(text, as: elementType) {
                mistakes.add(place, "\(path): \"\(text)\" is not a \(elementType)")
            } else if let binding = element.binding, elementType == "code", !binding.contains(text) {
                mistakes.add(
                    place,
                    "\(path): \"\(text)\" is not a code of \(binding.name): \(binding.codes.prefix(12).joined(separator: ", "))"
                )
            }
        default: mistakes.add(place, "\(path) is a \(elementType); put texts that look like numbers in quotes")
        }
    }
}
