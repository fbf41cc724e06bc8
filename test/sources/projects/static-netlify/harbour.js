document.title = `Harbour, ${location.pathname}`;
