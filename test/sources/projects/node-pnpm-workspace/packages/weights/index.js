exports.inGrams = (kilograms) => kilograms * 1000;
