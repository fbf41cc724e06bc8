from flask import current_app, render_template

from app.main import bp


@bp.route("/")
def index():
    return render_template("index.html", greeting=current_app.config["GREETING"])
