using System.Globalization;

namespace TrainMm.Core.Config;

/// <summary>What an option's value must be beyond its type. On a list or a mapping it holds for each value, unless it is about the whole.</summary>
[AttributeUsage(AttributeTargets.Property)]
public abstract class ConstraintAttribute : Attribute
{
    /// <summary>The rule in words that follow "must be", for example <c>at least 1</c>.</summary>
    public abstract string Rule { get; }

    /// <summary>Whether the rule is about a list or mapping as a whole rather than about each of its values.</summary>
    public virtual bool IsAboutWhole => false;

    /// <summary>Whether the value, which is not null, keeps the rule.</summary>
    public abstract bool Allows(object value);

    private protected static double Number(object value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);

    private protected static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A number from <paramref name="minimum"/> to <paramref name="maximum"/>, the ends included.</summary>
/// <param name="minimum">The smallest value allowed.</param>
/// <param name="maximum">The largest value allowed.</param>
public sealed class RangeAttribute(double minimum, double maximum) : ConstraintAttribute
{
    /// <summary>The smallest value allowed.</summary>
    public double Minimum { get; } = minimum;

    /// <summary>The largest value allowed, or the bound itself where <see cref="ExcludesMaximum"/> says so.</summary>
    public double Maximum { get; } = maximum;

    /// <summary>Whether the maximum itself is not allowed, as for a probability that must stay below 1.</summary>
    public bool ExcludesMaximum { get; init; }

    /// <inheritdoc/>
    public override string Rule => ExcludesMaximum ? $"at least {Text(Minimum)} and below {Text(Maximum)}" : $"from {Text(Minimum)} to {Text(Maximum)}";

    /// <inheritdoc/>
    public override bool Allows(object value) => Number(value) >= Minimum && (ExcludesMaximum ? Number(value) < Maximum : Number(value) <= Maximum);
}

/// <summary>A number not below <paramref name="minimum"/>.</summary>
/// <param name="minimum">The smallest value allowed.</param>
public sealed class AtLeastAttribute(double minimum) : ConstraintAttribute
{
    /// <summary>The smallest value allowed.</summary>
    public double Minimum { get; } = minimum;

    /// <inheritdoc/>
    public override string Rule => $"at least {Text(Minimum)}";

    /// <inheritdoc/>
    public override bool Allows(object value) => Number(value) >= Minimum;
}

/// <summary>A number larger than <paramref name="bound"/>.</summary>
/// <param name="bound">The largest value that is not allowed.</param>
public sealed class AboveAttribute(double bound) : ConstraintAttribute
{
    /// <summary>The largest value that is not allowed.</summary>
    public double Bound { get; } = bound;

    /// <inheritdoc/>
    public override string Rule => $"above {Text(Bound)}";

    /// <inheritdoc/>
    public override bool Allows(object value) => Number(value) > Bound;
}

/// <summary>One of a few texts or numbers. For a closed set of words, an enum is simpler.</summary>
/// <param name="values">The values allowed.</param>
public sealed class OneOfAttribute(params object[] values) : ConstraintAttribute
{
    /// <summary>The values allowed.</summary>
    public IReadOnlyList<object> Values { get; } = values;

    /// <inheritdoc/>
    public override string Rule => $"one of {string.Join(", ", Values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)))}";

    /// <inheritdoc/>
    public override bool Allows(object value) => Values.Any(allowed => value is string ? value.Equals(allowed) : Number(allowed) == Number(value));
}

/// <summary>A text with more than blanks in it, or a list or mapping with at least one value.</summary>
public sealed class NotEmptyAttribute : ConstraintAttribute
{
    /// <inheritdoc/>
    public override string Rule => "non-empty";

    /// <inheritdoc/>
    public override bool IsAboutWhole => true;

    /// <inheritdoc/>
    public override bool Allows(object value) => value is string text ? !string.IsNullOrWhiteSpace(text) : ((System.Collections.IEnumerable)value).GetEnumerator().MoveNext();
}
