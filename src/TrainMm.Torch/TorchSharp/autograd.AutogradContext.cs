namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>What a function's forward pass leaves for its backward pass.</summary>
        public class AutogradContext : IDisposable
        {
            private readonly Dictionary<string, object> data = new(StringComparer.Ordinal);
            private List<Tensor> saved = [];
            private List<Tensor> nonDifferentiable = [];

            internal AutogradContext()
            {
            }

            public bool MaterializeGrads { get; private set; } = true;

            public void save_for_backward(List<Tensor> tensors) => saved = tensors;

            public List<Tensor> get_saved_variables() => saved;

            public void save_data(string key, object value) => data[key] = value;

            public object get_data(string key) => data[key];

            public void mark_non_differentiable(List<Tensor> tensors) => nonDifferentiable = tensors;

            public void set_materialize_grads(bool value) => MaterializeGrads = value;

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing) => data.Clear();

            internal bool IsDifferentiable(Tensor output) =>
                (output.is_floating_point() || output.is_complex()) && !nonDifferentiable.Exists(other => other.Native == output.Native);

            /// <summary>Hands the saved tensors over to the graph, which watches them for changes and frees them in time.</summary>
            internal Tensor[] TakeSaved()
            {
                Tensor[] taken = [.. saved];
                saved = [];
                nonDifferentiable = [];
                return taken;
            }

            /// <summary>Lends the saved tensors for the time of one backward pass.</summary>
            internal void Lend(List<Tensor> tensors) => saved = tensors;
        }
    }
}
