/// A contact as jCard (RFC 7095): `["vcard", [[name, parameters, type, value, ...], ...]]`.
struct JCard {
  /// One property.
  struct Property {
    /// Lower case.
    let name: String
    /// Names in lower case.
    let parameters: [String: [String]]
    /// The name of the values' type.
    let type: String
    /// One or more.
    let values: [JSONValue]

    /// Values of `type`, lower case.
    var kinds: [String] { (parameters["type"] ?? []).map { $0.lowercased() } }
  }

  /// Properties that are one, in their order.
  let properties: [Property]
  /// Elements that are none.
  let malformedCount: Int

  /// Most properties of one card.
  private static let propertiesMax = 200

  /// - Returns: nil for what is no card. Missing versions, empty cards and any order are taken.
  init?(_ value: JSONValue) {
    let parts = value.elements
    guard let label = parts.first?.text, label.lowercased() == "vcard", parts.count >= 2,
      case .array(let elements) = parts[1]
    else { return nil }
    properties = elements.prefix(JCard.propertiesMax).compactMap(Property.init)
    malformedCount = elements.count - properties.count
  }

  /// Writes what the card says into a contact.
  func fill(_ contact: inout RegistrationContact) {
    for property in properties {
      switch property.name {
      case "fn": contact.set(.name, property.values[0].text ?? "")
      case "org":
        let names = property.values.flatMap(\.texts)
        contact.set(.organization, names.joined(separator: "\n"))
      case "adr": fillAddress(property, &contact)
      case "tel":
        let field: RegistrationContact.Field = property.kinds.contains("fax") ? .fax : .phone
        for value in property.values { contact.set(field, value.text ?? "") }
      case "email":
        for value in property.values { contact.set(.email, value.text ?? "") }
      case "contact-uri":
        for value in property.values { contact.set(.contactURI, value.text ?? "") }
      default: break
      }
    }
  }

  /// Seven parts (RFC 6350 section 6.3.1), or the text of `label` when they are empty.
  private func fillAddress(_ property: Property, _ contact: inout RegistrationContact) {
    let parts = property.values[0].elements
    for (index, part) in parts.prefix(7).enumerated() {
      for text in part.texts {
        switch index {
        case 0, 1, 2: contact.set(.street, text)
        case 3: contact.set(.city, text)
        case 4: contact.set(.region, text)
        case 5: contact.set(.postalCode, text)
        default: contact.set(.country, text)
        }
      }
    }
    for code in property.parameters["cc"] ?? [] { contact.set(.countryCode, code) }
    guard parts.allSatisfy(\.texts.isEmpty) else { return }
    for label in property.parameters["label"] ?? [] {
      for line in label.split(whereSeparator: \.isNewline) { contact.set(.street, String(line)) }
    }
  }
}

extension JCard.Property {
  /// - Returns: nil for an array that is no property.
  init?(_ value: JSONValue) {
    let parts = value.elements
    guard parts.count >= 4, case .string(let name) = parts[0],
      case .object(let members) = parts[1], case .string(let type) = parts[2]
    else { return nil }
    self.name = name.lowercased()
    self.type = type.lowercased()
    var parameters: [String: [String]] = [:]
    for (key, value) in members { parameters[key.lowercased()] = value.texts }
    self.parameters = parameters
    values = Array(parts[3...].prefix(RegistrationLimits.valuesMax))
  }
}
