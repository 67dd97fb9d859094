// The results of a list as files, made in the browser.

// What a spreadsheet would run is made text; what turns or hides text is shown by its number.
function csvCell(value) {
  let text = String(value ?? "").replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (mark) => `\\u{${mark.codePointAt(0).toString(16).toUpperCase()}}`);
  if (/^[=+\-@]/.test(text)) text = `'${text}`;
  return /[",\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(results) {
  const time = (seconds) => (seconds === undefined ? "" : new Date(seconds * 1000).toISOString());
  const lines = results.map((one) => [
    one.number, one.line, one.value, one.kind, one.status, one.rows, time(one.time_first),
    time(one.time_last), one.reason,
  ].map(csvCell).join(","));
  const head = "line,input,value,read_as,status,rows,time_first,time_last,reason";
  return [head, ...lines, ""].join("\r\n");
}

export function ndjson(results) {
  return results.map((one) => {
    const { index, number, ...rest } = one;
    return `${JSON.stringify({ number, ...rest })}\n`;
  }).join("");
}

export function save(text, type, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
