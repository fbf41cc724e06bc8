from setuptools import find_packages, setup

setup(
    name="ledger",
    version="0.3.0",
    packages=find_packages(),
    python_requires=">=3.8",
    install_requires=[
        "bottle>=0.13",
        "waitress>=3",
    ],
)
