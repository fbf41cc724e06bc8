TEXT = "Greeting from a local package"
