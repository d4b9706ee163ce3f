/** The only door to tsyringe: the polyfill it needs is loaded first, whoever comes in first. */
import 'reflect-metadata';

export { container, type DependencyContainer, type InjectionToken, inject, injectable } from 'tsyringe';
