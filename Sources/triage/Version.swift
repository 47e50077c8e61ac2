/// The version, here and nowhere else.
let version = "0.1.0"
