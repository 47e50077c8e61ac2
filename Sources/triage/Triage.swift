import ArgumentParser

@main
struct Triage: ParsableCommand {}
