public import TidemarkEnrichment

/// What a form wants changed in the settings of an operation.
///
/// A form sends every field, and only what differs from what holds is a change: so settings of the
/// standard stay those of the standard, and a secret that was not typed stays.
public struct OperationChanges: Sendable {
  /// Values by key; nil takes one back.
  public private(set) var values: [String: String?] = [:]
  /// What was typed, without secrets.
  public private(set) var draft: [String: String] = [:]
  /// Keys of secrets that are taken back.
  public private(set) var takenBack: Set<String> = []
  /// What is wrong, by key.
  public private(set) var faults: [String: String] = [:]

  /// True when nothing differs.
  public var isEmpty: Bool { values.isEmpty }

  /// Reads a form.
  ///
  /// - Parameters:
  ///   - settings: as they are now.
  ///   - field: all values of a field, in order.
  public init(_ settings: [OperationRegistry.ShownParameter], _ field: (String) -> [String]) {
    for setting in settings {
      let key = setting.spec.key
      let text = field(OperationPage.name(key)).last
      if setting.spec.kind == .secret {
        read(secret: setting, text, isTakenBack: !field(OperationPage.takeBackName(key)).isEmpty)
      } else if let text {
        draft[key] = text
        guard text != setting.value ?? "" else { continue }
        values[key] = .some(text.isEmpty || text == setting.spec.standard ? nil : text)
        check(text, setting.spec)
      }
    }
  }

  private mutating func read(
    secret setting: OperationRegistry.ShownParameter, _ text: String?, isTakenBack: Bool
  ) {
    let key = setting.spec.key
    if let text, !text.isEmpty {
      values[key] = .some(text)
      check(text, setting.spec)
    } else if isTakenBack, setting.isSet {
      takenBack.insert(key)
      values[key] = .some(nil)
    }
  }

  private mutating func check(_ text: String, _ spec: ParameterSpec) {
    guard !text.isEmpty else { return }
    do throws(OperationError) {
      _ = try spec.normal(text)
    } catch {
      add(error)
    }
  }

  /// Puts what was refused beside the fields that it is about.
  ///
  /// - Returns: false when it is about no field.
  @discardableResult
  public mutating func add(_ error: OperationError) -> Bool {
    switch error {
    case .badValue(let key, let rule): faults[key] = "It \(rule)."
    case .secretsNeeded(let changed, let secrets):
      for key in changed {
        faults[key] = "It says where requests go, and is changed together with the secret only."
      }
      for key in secrets {
        faults[key] = "Type it again, or take it back: requests would carry it elsewhere."
      }
    case .unknownParameter(let key): faults[key] = error.description
    default: return false
    }
    return true
  }
}
