set -eu
mkdir -p out
{ echo "<!doctype html><title>Recipes</title>"; sed "s|.*|<p>&</p>|" recipes.txt; } > out/index.html
