TITLE = "Quart below src"
