document.documentElement.dataset.scripted = '';
