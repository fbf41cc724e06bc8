print("migrates")
