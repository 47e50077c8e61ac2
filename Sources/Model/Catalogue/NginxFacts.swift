/// Facts that the Nginx readers record.
let nginxFacts: [FactGroup] = []
