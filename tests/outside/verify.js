// Verifies one delivery as a receiver in JavaScript does: {"secret", "headers", "body"} on standard input, exit 0 when genuine.
const { Webhook } = require("standardwebhooks");

let text = "";
process.stdin.on("data", (piece) => (text += piece));
process.stdin.on("end", () => {
  const { secret, headers, body } = JSON.parse(text);
  try {
    new Webhook(secret).verify(body, headers);
  } catch (refused) {
    console.error(String(refused));
    process.exit(1);
  }
});
