import './style.css';

document.querySelector('#app').textContent = `Told at the build: ${import.meta.env.VITE_PLACE}`;
