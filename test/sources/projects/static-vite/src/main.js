import './style.css';

document.querySelector('#app').textContent = 'Wind from the west';
