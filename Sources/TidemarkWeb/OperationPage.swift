import TidemarkEnrichment

/// `/ui/operations/{id}`: an operation, its settings, and what its actions give.
///
/// Secrets are never in it: not those that are set, and not those that were just typed.
public struct OperationPage: Sendable {
  /// The operation as it is set up.
  public let state: OperationState
  /// What somebody typed that was not taken; secrets in it are not shown.
  public var draft: [String: String] = [:]
  /// Keys of secrets that somebody wants to take back.
  public var takenBack: Set<String> = []
  /// What is wrong with settings, by key.
  public var faults: [String: String] = [:]
  /// What is wrong with the form as a whole.
  public var fault: String?
  /// What was just done, for people.
  public var notice: String?

  /// Makes the page of an operation.
  public init(_ state: OperationState) { self.state = state }

  /// The page.
  public var page: Page {
    var values = OperationListPage.values(state)
    let own: PageValues = [
      "fields": state.settings.map(field), "actions": state.operation.actions.map(action),
      "has_fault": fault != nil || !faults.isEmpty,
      "fault": fault ?? "Nothing was changed; see the fields below.",
      "has_notice": notice != nil, "notice": notice ?? "",
    ]
    values.merge(own) { _, own in own }
    return Page(
      .operations, title: state.operation.displayName, template: "operation", values: values)
  }

  /// The name of a setting in the form.
  public static func name(_ key: String) -> String { "set." + key }

  /// The name of the box that takes a secret back.
  public static func takeBackName(_ key: String) -> String { "unset." + key }

  private func field(_ shown: OperationRegistry.ShownParameter) -> PageValues {
    let spec = shown.spec
    let isSecret = spec.kind == .secret
    let value = isSecret ? "" : draft[spec.key] ?? shown.value ?? ""
    var values: PageValues = [
      "name": OperationPage.name(spec.key), "field": "set-\(spec.key)", "label": spec.label,
      "help": spec.help, "value": value, "is_required": spec.isRequired,
      "is_set": shown.isSet, "has_standard": !isSecret && spec.standard != nil,
      "standard": isSecret ? "" : spec.standard ?? "",
      "has_fault": faults[spec.key] != nil, "fault": faults[spec.key] ?? "",
      "is_secret": isSecret, "is_flag": spec.kind == .flag, "is_number": false,
      "is_choice": false, "is_text": false, "choices": [PageValues](), "least": 0, "most": 0,
      "is_on": value == "true", "take_back": OperationPage.takeBackName(spec.key),
      "is_taken_back": takenBack.contains(spec.key), "kind": OperationPage.words(spec.kind),
      "shown": isSecret ? (shown.isSet ? "set, not shown" : "not set") : value,
      "is_shown": isSecret || !value.isEmpty,
      "placeholder": shown.isSet ? "set; leave empty to keep it" : "not set",
    ]
    switch spec.kind {
    case .integer(let range):
      values["is_number"] = true
      values["least"] = range.lowerBound
      values["most"] = range.upperBound
    case .choice(let words):
      values["is_choice"] = true
      values["choices"] = LibraryMarkup.choices(words.map { ($0, $0) }, chosen: value)
    case .string, .host, .baseURL: values["is_text"] = true
    case .secret, .flag: break
    }
    return values
  }

  /// What a value may be, for people.
  private static func words(_ kind: ParameterSpec.Kind) -> String {
    switch kind {
    case .string: "text"
    case .secret: "secret"
    case .integer(let range): "whole number, \(range.lowerBound) to \(range.upperBound)"
    case .flag: "yes or no"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    case .host: "host name or address"
    case .baseURL: "http:// or https:// with a host, no path"
    }
  }

  private func action(_ action: Action) -> PageValues {
    [
      "label": action.label, "description": action.description,
      "accepts": OperationListPage.types(action.accepts),
      "tables": action.tables.map { table -> PageValues in
        [
          "title": table.title, "is_repeated": table.isRepeated,
          "buttons": table.buttons.map(\.label).joined(separator: ", "),
          "has_buttons": !table.buttons.isEmpty,
        ]
      },
    ]
  }
}
