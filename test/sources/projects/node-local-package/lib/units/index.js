exports.inMiles = (kilometres) => (kilometres / 1.609344).toFixed(1);
