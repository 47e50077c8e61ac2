"""The incidents that scripts/make-incidents made, held against their labels as the cases are."""
import labelled
from support import INCIDENTS


class Incidents(labelled.Labelled):
    """One test a folder."""


labelled.add_cases(Incidents, INCIDENTS)
