import { texts } from "./language";

const en = {
  language: "Language",
  theme: "Colours",
  themes: { system: "As the device", light: "Light", dark: "Dark" },
  account: (name: string) => `Signed in as ${name}`,
  signOut: "Sign out",
  signIn: "Sign in",
  signingIn: "Signing in…",
  name: "User name",
  password: "Password",
  orAs: "Or try it out as",
  continueAs: (name: string) => `Continue as ${name}`,
  newPassword: "New password",
  newPasswordWhy:
    "Your password was chosen for you. Choose one of your own: at least 12 characters, with upper and lower case letters, a digit and a symbol.",
  code: "Code",
  codeWhy: "Enter the code of your second factor.",
  proceed: "Continue",
  sessionOver: "Your session is over. Sign in again, and you go on where you were.",
  problems: {
    wrong: "That is not the right name or password.",
    "weak-password":
      "That password is too weak. Take at least 12 characters, with upper and lower case letters, a digit and a symbol.",
    "wrong-code": "That is not the right code, or no longer. Ask for another one.",
    "too-many": "Too many attempts. Wait a few minutes, then try again.",
    refused: "Sign-in answers with an error. Reload the page, or try again in a minute.",
    "no-answer": "Sign-in does not answer. Check your connection, then try again.",
  },
};

const es: typeof en = {
  language: "Idioma",
  theme: "Colores",
  themes: { system: "Como el dispositivo", light: "Claro", dark: "Oscuro" },
  account: (name) => `Sesión de ${name}`,
  signOut: "Cerrar sesión",
  signIn: "Iniciar sesión",
  signingIn: "Iniciando sesión…",
  name: "Usuario",
  password: "Contraseña",
  orAs: "O pruébalo como",
  continueAs: (name) => `Continuar como ${name}`,
  newPassword: "Nueva contraseña",
  newPasswordWhy:
    "Tu contraseña la eligió otra persona. Elige una propia: al menos 12 caracteres, con mayúsculas, minúsculas, una cifra y un símbolo.",
  code: "Código",
  codeWhy: "Escribe el código de tu segundo factor.",
  proceed: "Continuar",
  sessionOver: "Tu sesión ha terminado. Inicia sesión de nuevo y seguirás donde estabas.",
  problems: {
    wrong: "El usuario o la contraseña no son correctos.",
    "weak-password":
      "Esa contraseña es demasiado débil. Usa al menos 12 caracteres, con mayúsculas, minúsculas, una cifra y un símbolo.",
    "wrong-code": "El código no es correcto o ha caducado. Pide otro.",
    "too-many": "Demasiados intentos. Espera unos minutos y vuelve a intentarlo.",
    refused:
      "El inicio de sesión responde con un error. Recarga la página o vuelve a intentarlo en un minuto.",
    "no-answer": "El inicio de sesión no responde. Comprueba tu conexión y vuelve a intentarlo.",
  },
};

/** Texts of what pages share. */
export const common = texts({ en, es });
