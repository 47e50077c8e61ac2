/// Facts that the Gunicorn readers record.
let gunicornFacts: [FactGroup] = []
