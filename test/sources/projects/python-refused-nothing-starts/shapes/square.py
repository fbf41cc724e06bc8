def area(side: float) -> float:
    return side * side
