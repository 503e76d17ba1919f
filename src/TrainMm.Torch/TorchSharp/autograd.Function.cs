using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>Functions whose backward pass is written in C#. An exception in it surfaces from backward() with its message.</summary>
        public abstract class Function<T>
            where T : Function<T>, new()
        {
            protected Function()
            {
            }

            public abstract string Name { get; }

            internal abstract List<Tensor> ForwardAll(AutogradContext ctx, object[] vars);

            internal abstract List<Tensor> BackwardAll(AutogradContext ctx, List<Tensor> gradients);

            internal static unsafe List<Tensor> Apply(object[] vars)
            {
                var function = new T();
                var context = new AutogradContext();
                List<Tensor> outputs;
                using (no_grad())
                {
                    outputs = function.ForwardAll(context, vars);
                }

                var inputs = vars.OfType<Tensor>().ToArray();
                if (!is_grad_enabled() || !Array.Exists(inputs, input => input.requires_grad))
                {
                    return outputs;
                }

                // An input handed through is not the node's own to give a history to.
                outputs = [.. outputs.Select(output => Array.Exists(inputs, input => input.Native == output.Native) ? output.alias() : output)];
                Attach(function, context, vars, inputs, outputs);
                return outputs;
            }

            private static unsafe void Attach(T function, AutogradContext context, object[] vars, Tensor[] inputs, List<Tensor> outputs)
            {
                var differentiable = outputs.Where(context.IsDifferentiable).ToArray();
                var saved = context.TakeSaved();
                var call = new FunctionCall(
                    context, gradients => function.BackwardAll(context, gradients), vars.Length, [.. vars.Select(variable => variable is Tensor)], differentiable);
                nint[] inputHandles = Handles(inputs), outputHandles = Handles(differentiable), savedHandles = Handles(saved);
                fixed (nint* inputsAt = inputHandles, outputsAt = outputHandles, savedAt = savedHandles)
                {
                    Status.Check(NativeMethods.tm_attach_node(
                        inputsAt,
                        inputHandles.Length,
                        outputsAt,
                        outputHandles.Length,
                        savedAt,
                        savedHandles.Length,
                        &FunctionCall.Backward,
                        &FunctionCall.Free,
                        call.ToNative()));
                }

                GC.KeepAlive(inputs);
                GC.KeepAlive(differentiable);
                GC.KeepAlive(saved);
            }
        }

        public abstract class SingleTensorFunction<T> : Function<T>
            where T : SingleTensorFunction<T>, new()
        {
            protected SingleTensorFunction()
            {
            }

            public static Tensor apply(params object[] vars) => Apply(vars)[0];

            public abstract Tensor forward(AutogradContext ctx, params object[] vars);

            public abstract List<Tensor> backward(AutogradContext ctx, Tensor grad_output);

            internal override List<Tensor> ForwardAll(AutogradContext ctx, object[] vars) => [forward(ctx, vars)];

            internal override List<Tensor> BackwardAll(AutogradContext ctx, List<Tensor> gradients) => backward(ctx, gradients[0]);
        }

        public abstract class MultiTensorFunction<T> : Function<T>
            where T : MultiTensorFunction<T>, new()
        {
            protected MultiTensorFunction()
            {
            }

            public static List<Tensor> apply(params object[] vars) => Apply(vars);

            public abstract List<Tensor> forward(AutogradContext ctx, params object[] vars);

            public abstract List<Tensor> backward(AutogradContext ctx, List<Tensor> grad_outputs);

            internal override List<Tensor> ForwardAll(AutogradContext ctx, object[] vars) => forward(ctx, vars);

            internal override List<Tensor> BackwardAll(AutogradContext ctx, List<Tensor> gradients) => backward(ctx, gradients);
        }
    }
}
