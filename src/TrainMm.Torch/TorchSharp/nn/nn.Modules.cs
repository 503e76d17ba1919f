namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Modules.Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);

        public static Modules.ModuleList<Module> ModuleList(params Module[] modules) => new(modules);

        public static Modules.ModuleList<T> ModuleList<T>(params T[] modules)
            where T : Module => new(modules);

        public static Modules.ModuleDict<Module> ModuleDict(params (string, Module)[] modules) => ModuleDict<Module>(modules);

        public static Modules.ModuleDict<T> ModuleDict<T>(params (string, T)[] modules)
            where T : Module
        {
            var result = new Modules.ModuleDict<T>();
            foreach (var (name, module) in modules)
            {
                result.Add(name, module);
            }

            return result;
        }
    }
}
