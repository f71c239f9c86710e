// Shows what needs passkeys where the browser has them, and errors of allauth's scripts on the page.
(() => {
  const words = {
    NotAllowedError: "Nothing was confirmed. Try again.",
    InvalidStateError: "This device already has a passkey of your account.",
    SecurityError: "Passkeys do not work at this address. Open the service by its host name.",
  };

  const show = (text) => {
    const error = document.getElementById("passkey-error");
    error.textContent = text;
    error.hidden = false;
  };

  const isAddress = /^[\d.]+$|:/.test(location.hostname); // Passkeys belong to a host name.
  const usable = window.PublicKeyCredential && !isAddress;
  document.querySelectorAll("[data-passkey]").forEach((element) => { element.hidden = !usable; });
  if (!usable && document.querySelector("[data-passkey=required]")) {
    show(isAddress ? words.SecurityError : "This browser has no passkeys. Use another one, or an authenticator app.");
  }
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault(); // It would go to the console.
    show(words[event.detail.exception?.name] ?? "The passkey could not be used. Try again.");
  });
})();
