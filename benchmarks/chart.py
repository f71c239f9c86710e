"""docs/speed.svg."""


def draw(rows):
    pass
