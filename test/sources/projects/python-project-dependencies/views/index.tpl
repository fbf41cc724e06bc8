<!doctype html>
<h1>A shop without a build system</h1>
